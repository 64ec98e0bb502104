//go:build !unix

package badgerstore

func removeUnfinished(string) {}
