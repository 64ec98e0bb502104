package server

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"strconv"

	"triplestore/store"
)

//go:embed openapi.json
var openAPISource []byte

// openAPI is the description of the routes (https://spec.openapis.org/oas/v3.1.0.html) with what the settings add to it.
func (s *Server) openAPI(w http.ResponseWriter, r *http.Request) {
	tag := entityTag(store.Commit{}, "openapi", s.settings, s.c.Title, strconv.FormatBool(s.c.Stored != nil))
	if unchanged(w, r, tag) {
		return
	}
	var doc map[string]any
	if err := json.Unmarshal(openAPISource, &doc); err != nil {
		s.fail(w, r, internal(err))
		return
	}
	version := s.c.Version
	if version == "" {
		version = "0"
	}
	if info, ok := doc["info"].(map[string]any); ok {
		info["title"], info["version"] = s.c.Title, version
	}
	if paths, ok := doc["paths"].(map[string]any); ok && s.c.Stored == nil {
		for path := range paths {
			if isQueriesPath(path) {
				delete(paths, path)
			}
		}
	}
	server := "/"
	if s.link.origin != "" {
		server = s.link.origin
	}
	doc["servers"] = []any{map[string]any{"url": server}}
	body, err := json.Marshal(doc)
	if err != nil {
		s.fail(w, r, internal(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodHead {
		w.Write(append(body, '\n')) //nolint:errcheck // the client is gone
	}
}
