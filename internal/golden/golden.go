// Package golden compares what a test made with a file that holds what it should make. With the flag -update the files are
// written instead:
//
//	go test ./some/package -run TestName -update
package golden

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// Check fails the test unless the file holds got. The path is relative to the package's folder, by custom below testdata. Line
// ends of the file may be those of Windows, which a checkout may have made.
func Check(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v (run the test with -update to write it)", err)
		return
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (run the test with -update to accept it):\n%s", path, diff(string(want), string(got)))
	}
}

// String is Check for text.
func String(t testing.TB, path, got string) {
	t.Helper()
	Check(t, path, []byte(got))
}

// diff shows the lines around the first difference, those of the file with '-' and those that came with '+'.
func diff(want, got string) string {
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	first := 0
	for first < len(w) && first < len(g) && w[first] == g[first] {
		first++
	}
	endW, endG := len(w), len(g)
	for endW > first && endG > first && w[endW-1] == g[endG-1] {
		endW--
		endG--
	}
	var b strings.Builder
	fmt.Fprintf(&b, "line %d\n", first+1)
	section := func(mark byte, lines []string) {
		const most = 12
		for i, line := range lines {
			if i == most {
				fmt.Fprintf(&b, "%c… and %d more lines\n", mark, len(lines)-most)
				break
			}
			text, ended := strings.CutSuffix(line, "\n")
			fmt.Fprintf(&b, "%c%s\n", mark, text)
			if !ended && text != "" {
				fmt.Fprintf(&b, "%c(without a line end)\n", mark)
			}
		}
	}
	section('-', w[first:endW])
	section('+', g[first:endG])
	return b.String()
}
