package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/internal/w3c"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.jsonl": `{"package":"p","suite":"s","test":"1","status":"passed"}
{"package":"p","suite":"s","test":"1","status":"excused","reason":"a|b"}
{"package":"p","suite":"s","test":"2","status":"excused","reason":"a|b"}
{"package":"p","suite":"s","test":"3","status":"passed"}
`,
		"b.jsonl": `{"package":"q","suite":"s","test":"1","status":"passed"}
{"package":"q","suite":"r","test":"1","status":"failed"}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outcomes, err := read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if failed := write(&b, outcomes); failed != 1 {
		t.Errorf("%d failed", failed)
	}
	_, table, _ := strings.Cut(b.String(), "---: |\n")
	want := "| r | `q` | 0 | 0 | 1 |\n| s | `p` | 1 | 2 | 0 |\n| s | `q` | 1 | 0 | 0 |\n\n" + notes + "## Excused\n\n" +
		"| suite | package | tests | reason |\n| --- | --- | --- | --- |\n| s | `p` | 1, 2 | a\\|b |\n"
	if table != want {
		t.Errorf("got\n%s\nwant\n%s", table, want)
	}
	if _, err := read(t.TempDir()); err == nil {
		t.Error("an empty folder")
	}
	b.Reset()
	if write(&b, []w3c.Outcome{{Suite: "s", Test: "1", Status: w3c.Passed}}); !strings.Contains(b.String(), "None.") {
		t.Error(b.String())
	}
}
