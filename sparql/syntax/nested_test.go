package syntax

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestNestedScopes: the variables of groups that are nested deep come into scope outside in the order of the text, and finding them takes no
// memory that grows with the square of the depth.
func TestNestedScopes(t *testing.T) {
	const depth = 200
	for name, open := range map[string]string{
		"groups": "{ ", "optional": "OPTIONAL { ", "union": "{ ?u%[1]d ?shared ?x } UNION { ", "graph": "GRAPH ?g%[1]d { ", "sub-select": "{ SELECT * { ",
	} {
		var b strings.Builder
		var want []string
		for i := range depth {
			fmt.Fprintf(&b, "?v%[1]d ?shared ?w%[1]d . "+open, i)
			want = append(want, fmt.Sprintf("v%d", i))
			if i == 0 {
				want = append(want, "shared")
			}
			want = append(want, fmt.Sprintf("w%d", i))
			switch name {
			case "union":
				want = append(want, fmt.Sprintf("u%d", i))
				if i == 0 {
					want = append(want, "x")
				}
			case "graph":
				want = append(want, fmt.Sprintf("g%d", i))
			}
		}
		end := " }"
		if name == "sub-select" {
			end = " } }"
		}
		text := "SELECT * { " + b.String() + "?s ?shared ?o BIND (1 AS ?last)" + strings.Repeat(end, depth) + " }"
		q, err := ParseQuery(text, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := q.Projected(); !slices.Equal(got, append(want, "s", "o", "last")) {
			t.Errorf("%s: %v", name, got)
		}
		allocs := testing.AllocsPerRun(1, func() {
			if _, err := ParseQuery(text, Options{}); err != nil {
				t.Error(err)
			}
		})
		if most := 60.0 * depth; allocs > most {
			t.Errorf("%s: %.0f allocations, more than %.0f", name, allocs, most)
		}
		if _, err := ParseQuery(strings.Replace(text, "BIND (1 AS ?last)", "BIND (1 AS ?o)", 1), Options{}); err == nil {
			t.Errorf("%s: BIND of a variable in use is not refused", name)
		}
	}
}
