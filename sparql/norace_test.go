//go:build !race

package sparql

const slowdown = 1
