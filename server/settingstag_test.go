package server

import (
	"testing"
)

// TestSettingsTag: what is answered after the settings have changed has other tags where it differs.
func TestSettingsTag(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	paths := []string{catalogPath, voidPath, "/sparql", "/overview", "/schema", "/id/ds", "/id/cat"}
	look := func(change func(*Config)) map[string]response {
		srv := testServer(t, st, change)
		out := map[string]response{}
		for _, p := range paths {
			for _, accept := range []string{"application/n-triples", browser} {
				out[p+" "+accept] = get(t, srv, p, "Accept", accept)
			}
		}
		return out
	}
	before := look(nil)
	for name, change := range map[string]func(*Config){
		"title": func(c *Config) { c.Title = "Another" }, "description": func(c *Config) { c.Description = "Some data" }, "publisher": func(c *Config) { c.Publisher = "http://e/p" },
		"name": func(c *Config) { c.Publisher, c.PublisherName = "http://e/p", "P" },
		"mapping": func(c *Config) {
			c.Mappings = []Mapping{{"http://elsewhere.example/", "/elsewhere/"}, {"http://www.w3.org/ns/", "/ns/"}}
		},
		"language": func(c *Config) { c.Languages = []string{"fr"} }, "writes": func(c *Config) { c.AnonymousWrites = true },
	} {
		different := 0
		for p, now := range look(change) {
			if now.body == before[p].body {
				continue
			}
			different++
			if tag := now.Header.Get("ETag"); tag != "" && tag == before[p].Header.Get("ETag") {
				t.Errorf("%s: %s has the tag %s as before", name, p, tag)
			}
		}
		if different == 0 {
			t.Errorf("%s: nothing differs", name)
		}
	}
}
