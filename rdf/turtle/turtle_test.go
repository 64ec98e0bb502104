package turtle

import (
	"testing"
)

func TestSmoke(t *testing.T) {
	quads, err := ParseString(`@prefix : <http://e/> . :s a :o ; :p "x"@nb-no, 1, 1.5, 1e3, true, [ :q ( 1 2 ) ], """a"b""" , "\u00e5"^^:d . << :a :b :c >> :d _:anon1 {| :x :y |} .`, Options{Dialect: Turtle})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range quads {
		t.Log(q)
	}
}
