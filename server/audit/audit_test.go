package audit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func lines(t *testing.T, name string) []Entry {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []Entry
	for line := range strings.Lines(string(b)) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, e)
	}
	return out
}

func TestLog(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.log")
	l, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := Entry{Time: time.Now().UTC(), Request: "1", Caller: "a\nb", Operation: "update", Outcome: Done, Graphs: []string{"default"}, Commit: 7}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if err := l.Write(want); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := lines(t, name); len(got) != 400 || got[399].Caller != want.Caller || got[0].Commit != 7 {
		t.Errorf("%d lines, %+v", len(got), got[0])
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// Another program moves it away.
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil || l.Write(want) != nil || len(lines(t, name)) != 1 || len(lines(t, name+".1")) != 400 {
		t.Errorf("after rotation: %v", err)
	}
}

func TestCannotWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "missing", "audit.log")); err == nil {
		t.Error("it was opened in a folder that is not there")
	}
	l, err := Open(filepath.Join(dir, "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Ready(); err != nil {
		t.Fatal(err)
	}
	l.file.Close()
	if err := l.Write(Entry{}); err == nil || l.Ready() == nil {
		t.Error("what is broken counts as whole")
	}
	if err := l.Reopen(); err != nil || l.Ready() != nil {
		t.Errorf("mended: %v, %v", err, l.Ready())
	}
	l.Close()
}
