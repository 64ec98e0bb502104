// Package audit keeps a log of who changed what, one line of JSON for each attempt.
package audit

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// Outcome is what became of an attempt.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // the caller has no right to it
	Failed  Outcome = "failed"  // nothing has changed
)

// Entry is an attempt to change the store. It has no token, no text of an update and no data.
type Entry struct {
	Time time.Time `json:"time"`
	// Request is what the log of the server calls the request by.
	Request string `json:"request"`
	// Caller is the name of the token, or issuer and subject; empty for those without. Client is the address.
	Caller string `json:"caller,omitempty"`
	Client string `json:"client,omitempty"`
	// Operation is "update", or method and target of the Graph Store Protocol. Operations counts those of an update.
	Operation  string  `json:"operation"`
	Operations int     `json:"operations,omitempty"`
	Outcome    Outcome `json:"outcome"`
	Reason     string  `json:"reason,omitempty"`
	// Graphs are those in which something was added or deleted, or would have been, as far as they are listed; MoreGraphs counts the others.
	Graphs     []string `json:"graphs,omitempty"`
	MoreGraphs int      `json:"more_graphs,omitempty"`
	Inserted   uint64   `json:"inserted"`
	Deleted    uint64   `json:"deleted"`
	// Commit is the number of the commit after the attempt; 0 where it failed.
	Commit uint64 `json:"commit,omitempty"`
}

// Log is a file to which entries are appended. It is safe for concurrent use.
type Log struct {
	path string

	mu   sync.Mutex
	file *os.File
	err  error
}

// Open opens or creates a log that only its owner may read.
func Open(path string) (*Log, error) {
	l := &Log{path: path}
	return l, l.Reopen()
}

// Reopen opens the file anew, after another program has moved it away.
func (l *Log) Reopen() error {
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.err = err
		return err
	}
	if l.file != nil {
		l.file.Close() //nolint:errcheck // each line was written as a whole
	}
	l.file, l.err = f, nil
	return nil
}

// Write appends an entry. Lines of concurrent writers do not mix.
func (l *Log) Write(e Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.file.Write(append(line, '\n'))
	l.err = err
	return err
}

// Ready is nil if the next entry can probably be written. After an error it tries once more, with an empty line.
func (l *Log) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		_, l.err = l.file.WriteString("\n")
	}
	return l.err
}

// Close closes the file.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
