package harvest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"triplestore/loaders/source"
)

// Journal remembers what is not worth a commit: when each source was last asked, what came of it, and a state that is newer than the
// one in the store while the data are the same. It is safe for concurrent use. A nil Journal remembers nothing.
type Journal struct {
	path string

	mu      sync.Mutex
	entries map[string]JournalEntry
}

// JournalEntry is about one source.
type JournalEntry struct {
	// Checked is when the source was last asked.
	Checked time.Time `json:"checked"`
	// Base is the run whose data the state belongs to, and Fingerprint the configuration that it was made with.
	Base        string       `json:"base,omitempty"`
	Fingerprint string       `json:"fingerprint,omitempty"`
	State       source.State `json:"state,omitempty"`
	// Last is the report of the last run, with its first notes; Change that of the last one that changed something.
	Last   *SourceReport `json:"last,omitempty"`
	Change *SourceReport `json:"change,omitempty"`
}

// OpenJournal reads a journal from a file, which need not be there yet. An empty path keeps it in memory. A file that is damaged counts
// as not there: what it has can be found out again.
func OpenJournal(path string) (*Journal, error) {
	j := &Journal{path: path, entries: map[string]JournalEntry{}}
	if path == "" {
		return j, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(b, &j.entries) != nil {
		j.entries = map[string]JournalEntry{}
	}
	return j, nil
}

// Entries copies what is remembered, by the name of the source.
func (j *Journal) Entries() map[string]JournalEntry {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.entries)
}

func (j *Journal) get(name string) JournalEntry {
	if j == nil {
		return JournalEntry{}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.entries[name]
}

// journalNotes is how many notes of a report the journal keeps.
const journalNotes = 50

func shorten(r *SourceReport) *SourceReport {
	short := *r
	short.Notes = short.Notes[:min(len(short.Notes), journalNotes):min(len(short.Notes), journalNotes)]
	return &short
}

// put remembers an entry and writes the file anew.
func (j *Journal) put(name string, e JournalEntry) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries[name] = e
	if j.path == "" {
		return nil
	}
	b, err := json.MarshalIndent(j.entries, "", " ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), j.path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
