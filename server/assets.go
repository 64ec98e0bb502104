package server

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
)

//go:embed html
var files embed.FS

var templates = template.Must(template.New("").ParseFS(files, "html/*.html"))

// asset is a file that pages use. Its path has a part of its hash, so that it can be cached for ever.
type asset struct {
	mediaType string
	body      []byte
}

var (
	assets    = map[string]*asset{}
	stylePath = addAsset("style", ".css", "text/css; charset=utf-8")
	iconPath  = addAsset("icon", ".svg", "image/svg+xml")
)

func addAsset(name, ext, mediaType string) string {
	body, err := files.ReadFile("html/" + name + ext)
	if err != nil {
		panic(err) // it is embedded
	}
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
