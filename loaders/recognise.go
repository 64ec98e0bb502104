package loaders

import (
	"strings"

	"triplestore/rdf/format"
)

// FoundFile is a file that [FindFiles] found.
type FoundFile struct {
	Path string
	// Named tells that the path was given as such, and not found in a folder or by a glob.
	Named bool
	// Skip says why the file is not to be read, if so. Unreadable tells that it might have been, but for an error.
	Skip       string
	Unreadable bool
}

// FindFiles finds the files that paths, folders and globs stand for, as [Load] does.
func FindFiles(paths []string) ([]FoundFile, error) {
	var out []FoundFile
	seen := map[string]bool{}
	for _, p := range paths {
		if err := expandPath(p, func(d document) {
			if !seen[d.path] {
				seen[d.path] = true
				out = append(out, FoundFile{Path: d.path, Named: d.explicit, Skip: d.skip, Unreadable: strings.HasPrefix(d.skip, unreadable)})
			}
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Recognise finds the format of a document by its name, its media type and its first bytes, as [Load] does: prose, queries and XML or
// JSON that is no RDF are none. Of what nobody named but a folder held, only what may be RDF by its name is looked at. why says why
// there is none.
func Recognise(name, mediaType string, head []byte, named bool) (f *format.Format, why string) {
	l := load{}
	return l.format(&opened{name: name, mediaType: mediaType}, document{explicit: named}, head)
}
