package expr

import "testing"

// TestRegexFlags follows https://www.w3.org/TR/xpath-functions-31/#flags, whose examples are among these.
func TestRegexFlags(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		// x: whitespace outside classes is removed before the rest is read.
		{`REGEX("helloworld", "hello world", "x")`, "true"}, {`REGEX("helloworld", "hello[ ]world", "x")`, "false"}, {`REGEX("hello world", "hello\\ sworld", "x")`, "true"}, {`REGEX("hello world", "hello world", "x")`, "false"},
		{`REGEX("a ", "^a[ -[b]]$", "x")`, "true"}, {`REGEX("a[b", "a\\ [ b", "x")`, "true"}, {`REGEX("aaa", "^a{ 3 }$", "x")`, "true"}, {`REGEX("Æ", "^\\ p { L u } $", "x")`, "true"},
		{`REGEX("ab", "(? : a b)", "x")`, "true"}, {`REGEX("a", "a\\ ", "x")`, "error"}, {`REGEX("a]b c", "[\\] ]b\tc", "x")`, "false"}, {`REGEX("a]bc", "[\\] ] b\nc", "x")`, "true"}, {`REGEX("a b", "a b", "xq")`, "true"}, {`REGEX("ab", "a b", "xq")`, "false"},
		// q: the pattern and the replacement are taken literally.
		{`REPLACE("a.b", ".", "$1", "q")`, `"a$1b"`}, {`REPLACE("a\\b\\c", "\\", "\\\\", "q")`, `"a\\\\b\\\\c"`}, {`REPLACE("a/b/c", "/", "$", "q")`, `"a$b$c"`}, {`REPLACE("aXb", "x", "$0\\", "iq")`, `"a$0\\b"`}, {`REPLACE("a(b", "(", "", "q")`, `"ab"`},
		// i: single characters and ranges are matched in whatever case, before they are negated or subtracted; all else is not.
		{`REGEX("a", "^\\p{Lu}$", "i")`, "false"}, {`REGEX("A", "^\\p{Lu}$", "i")`, "true"}, {`REGEX("A", "^\\P{Lu}$", "i")`, "false"}, {`REGEX("a", "^\\P{Lu}$", "i")`, "true"}, {`REGEX("xA", "^X\\p{Lu}$", "i")`, "true"},
		{`REGEX("a", "^[\\p{Lu}]$", "i")`, "false"}, {`REGEX("B", "^[\\p{Ll}b]$", "i")`, "true"}, {`REGEX("C", "^[\\p{Ll}b]$", "i")`, "false"}, {`REGEX("B", "^[^\\p{Ll}b]$", "i")`, "false"}, {`REGEX("C", "^[^\\p{Ll}b]$", "i")`, "true"},
		{`REGEX("i", "^[A-Z-[io]]$", "i")`, "false"}, {`REGEX("I", "^[A-Z-[io]]$", "i")`, "false"}, {`REGEX("b", "^[A-Z-[IO]]$", "i")`, "true"}, {`REGEX("B", "^[A-Z-[IO]]$", "i")`, "true"}, {`REGEX("O", "^[A-Z-[i-[o]]]$", "i")`, "true"},
		{`REGEX("k", "^[A-Z-[\u212A]]$", "i")`, "false"}, {`REGEX("\u212A", "^[A-Z]$", "i")`, "true"}, {`REGEX("q", "[^Q]", "i")`, "false"}, {`REGEX("a", "^[a-z-[\\p{Lu}]]$", "i")`, "true"}, {`REGEX("A", "^[a-z-[\\p{Lu}]]$", "i")`, "false"},
		{`REGEX("a", "^[\\p{Lu}-[b]]$", "i")`, "false"}, {`REGEX("aAB", "^(a)\\1\\p{Lu}$", "i")`, "true"}, {`REGEX("aAb", "^(a)\\1\\p{Lu}$", "i")`, "false"}, {`REGEX("aAI", "^(a)\\1[A-Z-[i]]$", "i")`, "false"},
		// Groups of flags hold to the end of the group around them.
		{`REGEX("a\nb", "(?s)a.b")`, "true"}, {`REGEX("a\nb", "(?s:a.)b")`, "true"}, {`REGEX("a\nb\nc", "(?s:a.)b.c")`, "false"}, {`REGEX("a\nb", "(?-s)a.b", "s")`, "false"}, {`REGEX("a\nb", "(?m)^b")`, "true"}, {`REGEX("a\nb", "((?m)^b)")`, "true"},
		{`REGEX("a\nb", "((?m)x|^b)")`, "true"}, {`REGEX("a\nb", "((?m)a)|^b$")`, "true"}, {`REGEX("x\nb", "((?m)a)|^b$")`, "false"}, {`REGEX("a\nb", "(?-m:^b)", "m")`, "false"}, {`REGEX("a", "(?i:x)|^[A-[b]]$")`, "false"}, {`REGEX("i", "(?i)^[A-Z-[IO]]$")`, "false"},
		{`REGEX("a", "(?-i)^\\p{Lu}|^A", "i")`, "false"}, {`REGEX("a", "(?i-s:^A)")`, "true"}, {`REGEX("a", "(?i-)a")`, "error"}, {`REGEX("a", "(?x)a")`, "error"},
	})
}
