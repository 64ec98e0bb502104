package main

import (
	"slices"
	"testing"
)

func TestLanguagesOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flag []string
		env  map[string]string
		want []string
	}{
		{nil, nil, nil},
		{nil, map[string]string{"LANG": "C.UTF-8"}, nil},
		{nil, map[string]string{"LANG": "nb_NO.UTF-8"}, []string{"nb-no", "no", "nn", "en"}},
		{nil, map[string]string{"LANG": "nb_NO.UTF-8", "LC_MESSAGES": "de_AT@euro"}, []string{"de-at", "en"}},
		{nil, map[string]string{"LANG": "nb_NO.UTF-8", "LC_MESSAGES": "de_AT", "LC_ALL": "POSIX"}, nil},
		{nil, map[string]string{"LANG": "en_GB.UTF-8", "LANGUAGE": "nn:sv"}, []string{"nn", "no", "nb", "sv", "en"}},
		{nil, map[string]string{"LANG": "C", "LANGUAGE": "nn"}, nil},
		{[]string{"NN"}, map[string]string{"LANG": "de_DE"}, []string{"nn", "no", "nb", "en"}},
		{[]string{"nn", " en"}, nil, []string{"nn", "no", "nb", "en"}},
	} {
		got, err := languagesOf(c.flag, func(name string) string { return c.env[name] })
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v %v: %v, %v; want %v", c.flag, c.env, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "nb_NO", "*", "norwegian bokmål"} {
		if _, err := languagesOf([]string{bad}, func(string) string { return "" }); err == nil {
			t.Errorf("--lang %q was taken", bad)
		}
	}
}
