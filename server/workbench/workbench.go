// Package workbench holds the page to write queries on, as `make ui` builds it from src with esbuild. A program that was built without it
// still works: the server then gives the plain form.
package workbench

import "embed"

//go:embed dist
var dist embed.FS

// File gives a built file by its name, workbench.js or workbench.css; ok is false where the workbench was not built.
func File(name string) (body []byte, ok bool) {
	body, err := dist.ReadFile("dist/" + name)
	return body, err == nil
}
