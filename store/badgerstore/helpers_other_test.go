//go:build !linux || !amd64

package badgerstore

func helpers(func(string) string) {}
