package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                    string
		in                      []string
		passed, failed, skipped int
		says                    string
	}{
		{"leaves count, parents do not", []string{
			`{"Action":"run","Package":"p","Test":"TestA"}`,
			`{"Action":"run","Package":"p","Test":"TestA/x"}`,
			`{"Action":"run","Package":"p","Test":"TestA/y"}`,
			`{"Action":"pass","Package":"p","Test":"TestA/x"}`,
			`{"Action":"output","Package":"p","Test":"TestA/y","Output":"    a_test.go:1: wrong sum\n"}`,
			`{"Action":"fail","Package":"p","Test":"TestA/y"}`,
			`{"Action":"fail","Package":"p","Test":"TestA"}`,
			`{"Action":"fail","Package":"p"}`,
		}, 1, 1, 0, "wrong sum"},
		{"a parent whose tests have slashes in their names", []string{
			`{"Action":"run","Package":"p","Test":"TestA"}`,
			`{"Action":"run","Package":"p","Test":"TestA/suite"}`,
			`{"Action":"run","Package":"p","Test":"TestA/suite/b/1"}`,
			`{"Action":"run","Package":"p","Test":"TestA/suite/b/2"}`,
			`{"Action":"pass","Package":"p","Test":"TestA/suite/b/1"}`,
			`{"Action":"pass","Package":"p","Test":"TestA/suite/b/2"}`,
			`{"Action":"pass","Package":"p","Test":"TestA/suite"}`,
			`{"Action":"pass","Package":"p","Test":"TestA"}`,
			`{"Action":"pass","Package":"p","Elapsed":1.5}`,
		}, 2, 0, 0, "ok    p"},
		{"a parent that fails by itself", []string{
			`{"Action":"run","Package":"p","Test":"TestA"}`,
			`{"Action":"run","Package":"p","Test":"TestA/x"}`,
			`{"Action":"pass","Package":"p","Test":"TestA/x"}`,
			`{"Action":"fail","Package":"p","Test":"TestA"}`,
			`{"Action":"fail","Package":"p"}`,
		}, 1, 1, 0, "FAIL"},
		{"a package that does not build", []string{
			`{"ImportPath":"p [p.test]","Action":"build-output","Output":"x.go:1:1: no such thing\n"}`,
			`{"ImportPath":"p [p.test]","Action":"build-fail"}`,
			`{"Action":"start","Package":"p"}`,
			`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
		}, 0, 1, 0, "no such thing"},
		{"a package that broke off", []string{
			`{"Action":"run","Package":"p","Test":"TestSlow"}`,
			`{"Action":"output","Package":"p","Output":"panic: test timed out\n"}`,
			`{"Action":"fail","Package":"p"}`,
		}, 0, 1, 0, "did not end: TestSlow"},
		{"skipped with a reason", []string{
			`{"Action":"run","Package":"p","Test":"TestS"}`,
			`{"Action":"output","Package":"p","Test":"TestS","Output":"    s_test.go:3: no data\n"}`,
			`{"Action":"skip","Package":"p","Test":"TestS"}`,
			`{"Action":"pass","Package":"p"}`,
		}, 0, 0, 1, "s_test.go:3: no data"},
		{"other lines are passed on", []string{"go: downloading something"}, 0, 0, 0, "downloading"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			s := newSummary(&out)
			if err := s.read(strings.NewReader(strings.Join(test.in, "\n"))); err != nil {
				t.Fatal(err)
			}
			passed, failed, skipped := s.finish()
			if passed != test.passed || failed != test.failed || skipped != test.skipped {
				t.Errorf("got %d passed, %d failed, %d skipped; want %d, %d, %d",
					passed, failed, skipped, test.passed, test.failed, test.skipped)
			}
			if !strings.Contains(out.String(), test.says) {
				t.Errorf("output lacks %q:\n%s", test.says, out.String())
			}
		})
	}
}
