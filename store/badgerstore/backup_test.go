package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/storetest"
)

// odd is what is easily lost: labels of blank nodes, triple terms, lexical forms, directions, terms that no quad has any more.
func odd(n int) []rdf.Quad {
	b := rdf.BlankNode(fmt.Sprintf("label-%d.x", n))
	p := rdf.IRI("http://example.org/p")
	quad := func(s, o, g rdf.Term) rdf.Quad { return rdf.Quad{S: s, P: p, O: o, G: g} }
	return []rdf.Quad{
		quad(b, rdf.Literal("01", "http://www.w3.org/2001/XMLSchema#integer"), rdf.Term{}),
		quad(b, rdf.Literal("1", "http://www.w3.org/2001/XMLSchema#integer"), b),
		quad(b, rdf.Literal("x\n\"\u00e6", fmt.Sprint("http://example.org/type", n)), rdf.IRI("http://example.org/g")),
		quad(b, rdf.LangLiteral("hei", "nb-NO"), rdf.IRI("http://example.org/g")),
		quad(b, rdf.TripleTerm(rdf.Triple{S: b, P: p, O: rdf.String(fmt.Sprint(n))}), rdf.Term{}),
		quad(rdf.IRI("http://example.org/s"), rdf.String(strings.Repeat("long ", 5000)+fmt.Sprint(n)), rdf.Term{}),
	}
}

func memory(b []byte, name string) BackupSource {
	return BackupSource{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// content is all that a snapshot holds, with its IDs.
func content(t testing.TB, s store.Store) (store.Commit, []rdf.Quad, []store.Quad) {
	t.Helper()
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	quads, err := storetest.Quads(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	var ids []store.Quad
	c := n.Scan(t.Context(), store.Range{Order: store.GSPO}, store.AllColumns)
	defer c.Close()
	for {
		b, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b.Len == 0 {
			return n.Commit(), quads, ids
		}
		for i := range b.Len {
			ids = append(ids, store.Quad{b.Cols[0][i], b.Cols[1][i], b.Cols[2][i], b.Cols[3][i]})
		}
	}
}

func sameContent(t testing.TB, a, b store.Store) {
	t.Helper()
	ca, qa, ia := content(t, a)
	cb, qb, ib := content(t, b)
	if ca != cb || !slices.Equal(qa, qb) || !slices.Equal(ia, ib) {
		t.Fatalf("commit %+v with %d quads became %+v with %d quads, same IDs: %v", ca, len(qa), cb, len(qb), slices.Equal(ia, ib))
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s, err := Open(t.TempDir(), Options{Retention: &Retention{Commits: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var sources []BackupSource
	last := uint64(0)
	backup := func(since uint64) []byte {
		var out bytes.Buffer
		info, err := s.Backup(t.Context(), &out, BackupOptions{Since: since})
		if err != nil {
			t.Fatal(err)
		}
		if head, err := ReadBackupInfo(bytes.NewReader(out.Bytes()), ""); err != nil || head != info {
			t.Errorf("%+v, %v, want %+v", head, err, info)
		}
		last = info.Commit
		return out.Bytes()
	}
	next := uint64(1)
	for round := range 6 {
		for range 3 {
			if err := doChanges(s, t, seed, next, int(next%4)*200); err != nil {
				t.Fatal(err)
			}
			next++
		}
		if _, err := s.Update(t.Context(), func(x store.Txn) error {
			if round == 5 { // a backup of removals only
				return x.Remove(odd(1))
			}
			return errors.Join(x.Add(odd(round)), x.Remove(odd(round-2)))
		}); err != nil {
			t.Fatal(err)
		}
		next++
		sources = append(sources, memory(backup(last), fmt.Sprint("part ", round)))
		dir := filepath.Join(t.TempDir(), "deep", "restored")
		if round == 2 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		report, err := Restore(t.Context(), dir, Options{TermMemory: 1 << 14}, sources, RestoreOptions{})
		if err != nil || !report.OK {
			t.Fatal(report, err)
		}
		r, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		sameContent(t, s, r)
		// What was restored goes on as the original does.
		var full, again bytes.Buffer
		if err := errors.Join(second(s.Backup(t.Context(), &full, BackupOptions{})), second(r.Backup(t.Context(), &again, BackupOptions{}))); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(full.Bytes(), again.Bytes()) {
			t.Error("the backup of the restored store differs from that of the original")
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := s.Backup(t.Context(), &out, BackupOptions{Since: 4711}); !errors.Is(err, store.ErrNoCommit) || out.Len() > 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
	if _, err := s.Backup(t.Context(), &out, BackupOptions{Since: last}); err == nil || out.Len() > 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
	for name, chain := range map[string][]BackupSource{
		"not full":   sources[1:],
		"gap":        {sources[0], sources[2]},
		"twice":      {sources[0], sources[1], sources[1]},
		"full twice": {sources[0], sources[0]},
	} {
		dir := filepath.Join(t.TempDir(), "new")
		if _, err := Restore(t.Context(), dir, Options{}, chain, RestoreOptions{}); err == nil {
			t.Errorf("%s: restored", name)
		}
		nothingLeft(t, dir)
	}
}

func second(_ BackupInfo, err error) error { return err }

// nothingLeft checks that a restore that failed left neither a store nor a beginning of one.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

func TestBackupOfNothing(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out bytes.Buffer
	if _, err := s.Backup(t.Context(), &out, BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := Restore(t.Context(), dir, Options{}, []BackupSource{memory(out.Bytes(), "empty")}, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sameContent(t, s, r)
	if _, err := Restore(t.Context(), dir, Options{}, []BackupSource{memory(out.Bytes(), "empty")}, RestoreOptions{}); err == nil ||
		!strings.Contains(err.Error(), "not empty") {
		t.Error(err)
	}
}

// TestBackupDamaged truncates a backup everywhere and flips bits everywhere: it is refused, with the place, and nothing is left.
func TestBackupDamaged(t *testing.T) {
	t.Parallel()
	s := opened(t, newMemPages())
	load(t, s, catalogue(6000))
	var out bytes.Buffer
	if _, err := s.Backup(t.Context(), &out, BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	good := out.Bytes()
	read := func(b []byte) error {
		r, err := newBackupReader(bytes.NewReader(b), "file")
		for err == nil {
			var kind byte
			if kind, _, _, err = r.next(); kind == chunkEnd {
				return err
			}
			switch kind { // as apply does
			case chunkTerms:
				r.sums[0] = s.state.root.terms.Next
			case chunkAdded:
				r.sums[1] = s.state.root.quads[0].Rows
			}
		}
		return err
	}
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	step := max(1, len(good)/3000)
	for i := 0; i < len(good); i += step {
		var damage *BackupError
		if err := read(good[:i]); !errors.As(err, &damage) || damage.Offset > int64(i) || !errors.Is(err, store.ErrCorrupt) {
			t.Fatalf("truncated at %d of %d: %v", i, len(good), err)
		}
		bad := slices.Clone(good)
		bad[i] ^= 1 << (i % 8)
		if err := read(bad); !errors.As(err, &damage) && !errors.Is(err, store.ErrFormat) || damage != nil && damage.Offset > int64(i) {
			t.Fatalf("byte %d of %d changed: %v", i, len(good), err)
		}
	}
	if err := read(append(slices.Clone(good), 'x')); err == nil {
		t.Error("something behind the end")
	}
	dir := filepath.Join(t.TempDir(), "new")
	for _, b := range [][]byte{good[:len(good)-1], good[:len(good)/2], {}, []byte("<html>"), bytes.Replace(good, []byte("backup 1"), []byte("backup 2"), 1)} {
		_, err := Restore(t.Context(), dir, Options{}, []BackupSource{memory(b, "some-file")}, RestoreOptions{})
		if err == nil || !strings.Contains(err.Error(), "some-file") {
			t.Error(err)
		}
		nothingLeft(t, dir)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Restore(ctx, dir, Options{}, []BackupSource{memory(good, "file")}, RestoreOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	nothingLeft(t, dir)
}

// TestBackupOnline makes backups while others write: each is one state that there was.
func TestBackupOnline(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	size := func(n uint64) int { return int(n%7) * 100 }
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := uint64(1); ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := doChanges(s, t, seed, n, size(n)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 4 {
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // lets the writer go on
		var out bytes.Buffer
		if _, err := s.Backup(t.Context(), &out, BackupOptions{}); err != nil {
			t.Error(err)
			break
		}
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if _, err := Restore(t.Context(), dir, Options{}, []BackupSource{memory(out.Bytes(), "online")}, RestoreOptions{}); err != nil {
			t.Error(err)
			break
		}
		r, err := Open(dir, Options{})
		if err != nil {
			t.Error(err)
			break
		}
		check(t, r, seed, size)
		r.Close()
	}
	close(stop)
	wg.Wait()
}

// FuzzBackupReader feeds the reader with anything, and with chunks whose checksums are good.
func FuzzBackupReader(f *testing.F) {
	var out bytes.Buffer
	w, _ := newBackupWriter(&out, BackupInfo{Format: 1, Store: 1, Commit: 1, Terms: 1, Quads: 1})
	_ = w.chunk(chunkTerms, []byte{0, 1, 2, 'a', 'b'}, 1)
	_ = w.chunk(chunkAdded, appendQuads(nil, []store.Quad{{1, 2, 3, 4}}), 1)
	_ = w.end()
	f.Add(out.Bytes(), []byte{0, 1, 2, 'a', 'b'})
	f.Fuzz(func(t *testing.T, file, raw []byte) {
		r, err := newBackupReader(bytes.NewReader(file), "f")
		for err == nil {
			var kind byte
			if kind, _, _, err = r.next(); kind == chunkEnd {
				break
			}
		}
		if quads, ok := decodeQuads(raw, nil); ok {
			again, ok := decodeQuads(appendQuads(nil, quads), nil)
			if !ok || !slices.Equal(again, quads) {
				t.Errorf("%x", raw)
			}
		}
	})
}
