package badgerstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"triplestore/store"
)

const damageSeed = 5

func damageSize(uint64) int { return 3000 }

// damageable makes a store of some commits and gives a copy of its folder for each test: as it is when it is closed, or as a process leaves it
// that is killed.
func damageable(t *testing.T, closed bool, commits uint64, o Options) (again func() string) {
	t.Helper()
	base := filepath.Join(t.TempDir(), "base")
	s, err := Open(base, o)
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= commits; n++ {
		if err := doChanges(s, t, damageSeed, n, damageSize(n)); err != nil {
			t.Fatal(err)
		}
	}
	if closed {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	} else {
		t.Cleanup(func() { s.Close() })
	}
	i := 0
	return func() string {
		t.Helper()
		i++
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
}

func filesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// TestMissingFiles removes one file after the other: the store is refused, or the pages that are missing are named; the other files stay. Only
// the log of the newest commits cannot be missed.
func TestMissingFiles(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{true, false} {
		const commits = 6
		again := damageable(t, closed, commits, Options{ValueLogFileSize: 1 << 20})
		outcomes := map[string]string{}
		for _, name := range filesOf(t, again()) {
			kind := filepath.Ext(name)
			if kind == "" {
				kind = name
			}
			switch kind {
			case "OWNER", "LOCK", "DISCARD", "KEYREGISTRY", "tmp", ".mem":
				continue
			}
			dir := again()
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			if kind == "MANIFEST" {
				before := filesOf(t, dir)
				if _, err := Open(dir, Options{RemoveEmpty: true}); !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("closed %v, without %s: %v", closed, name, err)
				}
				for _, name := range before {
					if _, err := os.Stat(filepath.Join(dir, name)); err != nil && filepath.Ext(name) != "" {
						t.Errorf("closed %v: opening removes what is left: %v", closed, err)
					}
				}
			}
			outcome := flipped(t, dir, damageSeed, commits, damageSize)
			outcomes[name] = outcome
			if outcome == "older" || outcome == "harmless" && info.Size() > logHead && closed {
				t.Errorf("closed %v, without %s: %s", closed, name, outcome)
			}
		}
		t.Logf("closed %v: %v", closed, outcomes)
	}
}

// TestNewestValuesMissing: without the newest file of the value log, the next one would get its number, and keys would lead to other pages.
func TestNewestValuesMissing(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{true, false} {
		dir := damageable(t, closed, 6, Options{})()
		names, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		for used := false; !used; names = names[:len(names)-1] {
			if len(names) == 0 {
				t.Fatal("nothing is in the value log")
			}
			used = hasEntry(names[len(names)-1])
			if err := os.Remove(names[len(names)-1]); err != nil {
				t.Fatal(err)
			}
		}
		if s, err := Open(dir, Options{}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("closed %v: %v", closed, err)
			if err == nil {
				s.Close()
			}
		}
	}
}

// TestManifestCut cuts the manifest anywhere, as a crash might that tears its last entry: what belongs to the store is in it, or the store is
// refused.
func TestManifestCut(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "base")
	const commits = 3
	for n := uint64(1); n <= commits; n++ { // each of them goes to a table when the store is closed
		s, err := Open(base, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(doChanges(s, t, damageSeed, n, damageSize(n)), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(filepath.Join(base, manifest))
	if err != nil {
		t.Fatal(err)
	}
	step := 5
	if testing.Short() {
		step = 41
	}
	dir := filepath.Join(t.TempDir(), "store")
	for at := len(whole) - 1; at >= 0; at -= step {
		if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(base)), os.Truncate(filepath.Join(dir, manifest), int64(at))); err != nil {
			t.Fatal(err)
		}
		if outcome := flipped(t, dir, damageSeed, commits, damageSize); outcome != "refused" {
			t.Errorf("cut at %d of %d: %s", at, len(whole), outcome)
		}
	}
}

// TestDamagedLog flips bits in the log of keys that a process leaves that is killed. In all transactions but the last, which a crash may have
// torn, that is told.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	const commits = 5
	again := damageable(t, false, commits, Options{})
	names, err := filepath.Glob(filepath.Join(again(), "*.mem"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	name := filepath.Base(names[0])
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	var ends []int
	at := logHead
	for {
		x, ok := readRecord(b[at:])
		if !ok {
			break
		}
		if at += x.size; x.meta&metaEnd != 0 {
			ends = append(ends, at)
		}
	}
	if len(ends) < commits {
		t.Fatalf("%d transactions", len(ends))
	}
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	last := ends[len(ends)-2]
	for i := range rounds {
		at := logHead + (last-logHead)*i/rounds
		dir := again()
		bad := bytes.Clone(b)
		bad[at] ^= 1 << (i % 8)
		if err := os.WriteFile(filepath.Join(dir, name), bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := CheckDir(t.Context(), dir, Options{}, CheckOptions{}); !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), name) {
			t.Errorf("byte %d of %d: %v", at, last, err)
		}
	}
	for at := last; at < ends[len(ends)-1]; at += max(1, (ends[len(ends)-1]-last)/8) { // cut as by a crash
		dir := again()
		if err := os.Truncate(filepath.Join(dir, name), int64(at)); err != nil {
			t.Fatal(err)
		}
		if outcome := flipped(t, dir, damageSeed, commits, damageSize); outcome != "older" {
			t.Errorf("cut at byte %d of the last transaction: %s", at, outcome)
		}
	}
}

// TestDamagedLengths flips every bit of what tells, in the value log, how long pages are: who reads them gets an error, and the store can be closed.
func TestDamagedLengths(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "base")
	s, err := Open(base, Options{})
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, catalogue(1500))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(base, Options{}); err != nil { // the newest file is empty then, and Badger does not look at those before
		t.Fatal(err)
	}
	pages := map[uint64][]byte{}
	if err := s.state.walk(func(no uint64) (bool, error) {
		b, err := s.pages.Get(no)
		pages[no] = b
		return true, err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(base, "*.vlog"))
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		name string
		at   int
	}
	var entries []entry // of pages that are in use
	files := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = b
		for at := min(logHead, len(b)); ; {
			x, ok := readRecord(b[at:])
			if !ok {
				break
			}
			if bytes.Equal(x.value, pages[binary.BigEndian.Uint64(x.key)]) {
				entries = append(entries, entry{filepath.Base(name), at})
			}
			at += x.size
		}
	}
	if len(entries) < 3 {
		t.Fatalf("%d entries", len(entries))
	}
	dir := filepath.Join(t.TempDir(), "store")
	noticed := 0
	for _, e := range []entry{entries[0], entries[len(entries)/2]} {
		for bit := range 8 * 5 {
			if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(base))); err != nil {
				t.Fatal(err)
			}
			bad := bytes.Clone(files[e.name])
			bad[e.at+1+bit/8] ^= 1 << (bit % 8)
			if err := os.WriteFile(filepath.Join(dir, e.name), bad, 0o644); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir, Options{})
			if err != nil {
				noticed++
				continue
			}
			if err := s.Verify(t.Context()); err != nil {
				noticed++
				if !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("entry %+v, bit %d: %v", e, bit, err)
				}
			}
			if err := closed(t, s); err != nil {
				t.Errorf("entry %+v, bit %d: close: %v", e, bit, err)
			}
		}
	}
	if noticed < 40 {
		t.Errorf("%d of 80 damages were noticed", noticed)
	}
}
