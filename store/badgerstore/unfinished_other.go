//go:build !unix

package badgerstore

func removeUnfinished(string) {}

func locked(_ string, f func()) { f() }

func held(string) bool { return false }
