// Package vocab holds the IRIs of the vocabularies that the project knows, as string constants, and the well-known prefixes.
// A constant is named by its namespace and its term: DCATDataset is dcat:Dataset. Where a class and a property differ in case
// only, the property has "Has" before it: DCATDataset is the class, DCATHasDataset the property.
package vocab
