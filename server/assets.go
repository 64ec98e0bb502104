package server

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"

	"triplestore/server/workbench"
)

//go:embed html
var files embed.FS

var templates = template.Must(template.New("").Funcs(fragmentFuncs).ParseFS(files, "html/*.html"))

// asset is a file that pages use. Its path has a part of its hash, so that it can be cached for ever.
type asset struct {
	mediaType string
	body      []byte
}

var (
	assets    = map[string]*asset{}
	stylePath = addFile("style", ".css", "text/css; charset=utf-8")
	iconPath  = addFile("icon", ".svg", "image/svg+xml")
	// The workbench; empty where the program was built without it.
	workbenchScript = addBuilt("workbench", ".js", "text/javascript; charset=utf-8")
	workbenchStyle  = addBuilt("workbench", ".css", "text/css; charset=utf-8")
)

func addFile(name, ext, mediaType string) string {
	body, err := files.ReadFile("html/" + name + ext)
	if err != nil {
		panic(err) // it is embedded
	}
	return addAsset(name, ext, mediaType, body)
}

func addBuilt(name, ext, mediaType string) string {
	body, ok := workbench.File(name + ext)
	if !ok {
		return ""
	}
	return addAsset(name, ext, mediaType, body)
}

func addAsset(name, ext, mediaType string, body []byte) string {
	sum := sha256.Sum256(body)
	path := "/assets/" + name + "-" + hex.EncodeToString(sum[:6]) + ext
	assets[path] = &asset{mediaType, body}
	return path
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", a.mediaType)
	if r.URL.Path == "/favicon.ico" {
		w.Header().Set("Cache-Control", "public, max-age=86400")
	} else {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(a.body) //nolint:errcheck // the client is gone
}
