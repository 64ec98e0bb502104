// Package page turns columns of IDs into the bytes of one immutable page and back.
package page

// MaxWidth is the largest number of columns of a row.
const MaxWidth = 4
