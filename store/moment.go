package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrNoHistory: a store keeps its newest state only.
var ErrNoHistory = errors.New("this store keeps no older states")

// Moment names a state of a store: by the number of a commit, or as what was the newest at a time. The zero value is the newest.
type Moment struct {
	commit uint64
	time   time.Time
	kind   momentKind
}

type momentKind uint8

const (
	newest momentKind = iota
	byCommit
	byTime
)

// ParseMoment reads the number of a commit, a time by RFC 3339 ("2026-11-27T12:00:00+01:00"), a date, which is its first moment in UTC,
// or "newest". The empty text is the newest state too.
func ParseMoment(s string) (Moment, error) {
	text := strings.TrimSpace(s)
	if text == "" || text == "newest" {
		return Moment{}, nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return AtCommit(n), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return AtTime(t), nil
		}
	}
	return Moment{}, fmt.Errorf(`%q names no state: it should be the number of a commit, a time such as 2026-11-27T12:00:00Z, a date, or "newest"`, s)
}

// AtCommit is the state after a commit.
func AtCommit(n uint64) Moment { return Moment{commit: n, kind: byCommit} }

// AtTime is the state that was the newest at a time.
func AtTime(t time.Time) Moment { return Moment{time: t, kind: byTime} }

// Newest reports whether the moment is the newest state, whatever it is.
func (m Moment) Newest() bool { return m.kind == newest }

// String is what ParseMoment reads.
func (m Moment) String() string {
	switch m.kind {
	case byCommit:
		return strconv.FormatUint(m.commit, 10)
	case byTime:
		return m.time.Format(time.RFC3339Nano)
	}
	return "newest"
}

// Open opens the state of a store. The error wraps ErrNoCommit where the store has or keeps no such state, and ErrNoHistory where it
// never keeps one.
func (m Moment) Open(st Store) (Snapshot, error) {
	if m.kind == newest {
		return st.Snapshot()
	}
	h, ok := st.(History)
	switch {
	case !ok:
		return nil, ErrNoHistory
	case m.kind == byCommit:
		return h.SnapshotAt(m.commit)
	}
	return h.SnapshotAtTime(m.time)
}
