package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	fenced   = regexp.MustCompile("(?s)```.*?```")
	mdLink   = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} (.*)$`)
	linkText = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	noAnchor = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// TestLinks: what pages of the documentation link to within the tree is there, sections included.
func TestLinks(t *testing.T) {
	t.Parallel()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/*.md", "bench/*.md", "test/*/*.md", "packaging/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 10 {
		t.Fatalf("%d pages", len(files))
	}
	sections := map[string]map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mdLink.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
			link := m[1] + m[2]
			if strings.Contains(link, ":") {
				continue // to elsewhere
			}
			path, section, _ := strings.Cut(link, "#")
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
			}
			name, _ := filepath.Rel(root, file)
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", name, link)
			} else if section != "" && strings.HasSuffix(target, ".md") {
				if sections[target] == nil {
					sections[target] = sectionsOf(t, target)
				}
				if !sections[target][section] {
					t.Errorf("%s links to %s: there is no such section", name, link)
				}
			}
		}
	}
}

// sectionsOf lists the anchors of a page's headings, as the usual viewers of Markdown make them.
func sectionsOf(t *testing.T, file string) map[string]bool {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, times := map[string]bool{}, map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
		plain := linkText.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "$1")
		anchor := strings.ReplaceAll(noAnchor.ReplaceAllString(plain, ""), " ", "-")
		if n := times[anchor]; n > 0 {
			out[fmt.Sprintf("%s-%d", anchor, n)] = true
		} else {
			out[anchor] = true
		}
		times[anchor]++
	}
	return out
}
