package store

import "testing"

func TestParseMoment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "newest", "newest": "newest", " 12 ": "12", "0": "0", "2026-11-27": "2026-11-27T00:00:00Z",
		"2026-11-27T12:00:00Z": "2026-11-27T12:00:00Z", "2026-11-27T12:00:00.25+01:00": "2026-11-27T12:00:00.25+01:00",
		"-1": "", "yesterday": "", "2026": "2026", "2026-13-01": "", "12:00": "", "18446744073709551616": "",
	} {
		m, err := ParseMoment(text)
		switch {
		case (err != nil) != (want == ""):
			t.Errorf("%q: %v", text, err)
		case err == nil && m.String() != want:
			t.Errorf("%q: %s, want %s", text, m, want)
		case err == nil && m.Newest() != (want == "newest"):
			t.Errorf("%q: newest %v", text, m.Newest())
		}
	}
}
