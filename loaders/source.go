package loaders

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"triplestore/rdf/format"
)

// document is one thing to read.
type document struct {
	name     string // as it is shown
	path     string // of a file
	fsys     fs.FS  // where it is, nil for the system's
	url      string
	stdin    bool
	explicit bool // the caller named it; not found in a folder or by a glob
	size     int64
	skip     string // known beforehand not to be readable
}

// unreadable begins the reason why a document is skipped that might well be RDF.
const unreadable = "cannot be read: "

// expand turns sources into documents, in order, each once.
func expand(sources []string) ([]document, error) {
	var docs []document
	seen := map[string]bool{}
	add := func(d document) {
		key := d.url
		if d.path != "" {
			key = filepath.Clean(d.path)
		}
		if !seen[key] {
			seen[key] = true
			docs = append(docs, d)
		}
	}
	for _, s := range sources {
		switch {
		case s == "":
			return nil, &SourceError{Source: `""`, Err: errors.New("is no source")}
		case s == "-":
			add(document{name: "-", stdin: true, explicit: true})
		case isURL(s):
			add(document{name: s, url: s, explicit: true})
		default:
			if err := expandPath(s, add); err != nil {
				return nil, err
			}
		}
	}
	if len(docs) == 0 {
		return nil, ErrNothing
	}
	return docs, nil
}

func isURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

func expandPath(s string, add func(document)) error {
	info, err := os.Stat(s)
	switch {
	case err == nil && info.IsDir():
		return expandFolder(s, add)
	case err == nil:
		add(document{name: s, path: s, explicit: true, size: fileSize(info)})
		return nil
	case !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(s, "*?["):
		return &SourceError{Source: s, Err: reason(err)}
	}
	matches, err := filepath.Glob(s) // sorted
	if err != nil {
		return &SourceError{Source: s, Err: err}
	}
	if len(matches) == 0 {
		return &SourceError{Source: s, Err: errors.New("matches no file")}
	}
	for _, m := range matches {
		info, err := os.Stat(m)
		switch {
		case err != nil:
			add(document{name: m, path: m, skip: unreadable + reason(err).Error()})
		case info.IsDir():
			if err := expandFolder(m, add); err != nil {
				return err
			}
		default:
			addFound(m, info, add)
		}
	}
	return nil
}

func expandFolder(dir string, add func(document)) error {
	root := dir
	if info, err := os.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		root += string(filepath.Separator) // WalkDir does not follow a link, not even at its root, unless it is written as a folder
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == root {
				return &SourceError{Source: dir, Err: reason(err)}
			}
			add(document{name: path, path: path, skip: unreadable + reason(err).Error()})
			return nil
		}
		hidden := path != root && strings.HasPrefix(d.Name(), ".")
		if d.IsDir() {
			if hidden {
				return fs.SkipDir
			}
			return nil
		}
		if hidden {
			return nil
		}
		info, err := os.Stat(path) // follows a link to a file; WalkDir does not enter one to a folder
		switch {
		case err != nil:
			add(document{name: path, path: path, skip: unreadable + reason(err).Error()})
		case info.IsDir():
			add(document{name: path, path: path, skip: "is a link to a folder"})
		default:
			addFound(path, info, add)
		}
		return nil
	})
}

func addFound(path string, info fs.FileInfo, add func(document)) {
	d := document{name: path, path: path, size: fileSize(info)}
	if !info.Mode().IsRegular() {
		d.skip = "is no regular file" // a pipe would block, and the caller did not ask for it
	}
	add(d)
}

func fileSize(info fs.FileInfo) int64 {
	if info.Mode().IsRegular() {
		return info.Size()
	}
	return 0
}

// reason drops the operation and the path of an error that is shown behind the path anyway.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// unknownGrowth is what standard input and URLs are taken for: they may be of any size.
const unknownGrowth = 64 << 20

// Growth estimates from the sizes of files how many bytes a store takes for the sources.
func Growth(sources []string) int64 {
	docs, err := expand(sources)
	if err != nil {
		return 0 // loading them will tell
	}
	bytes := int64(0)
	for _, d := range docs {
		switch {
		case d.path == "":
			bytes += unknownGrowth
		case format.Compressed(d.path):
			bytes += 2 * d.size
		default:
			bytes += d.size / 4 // a fifth of N-Triples, more of Turtle
		}
	}
	return bytes
}
