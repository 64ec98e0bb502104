package main

import (
	"fmt"
	"regexp"
	"strings"

	"triplestore/server"
)

var languageTag = regexp.MustCompile(`^[a-z]{2,8}(-[a-z0-9]{1,8})*$`)

// languagesOf are the languages of --lang, best first, or else of the environment, as tags of BCP 47 in lower case, with those behind them that
// serve their readers nearly as well.
func languagesOf(flag []string, getenv func(string) string) ([]string, error) {
	var langs []string
	for _, l := range flag {
		l = strings.ToLower(strings.TrimSpace(l))
		if !languageTag.MatchString(l) {
			return nil, usageError{fmt.Errorf("--lang %s: a language is written as nb, en or de-AT", l)}
		}
		langs = append(langs, l)
	}
	if len(langs) == 0 {
		langs = localeLanguages(getenv)
	}
	return server.PreferredLanguages(langs), nil
}

// localeLanguages are those of a locale of POSIX: LC_ALL goes before LC_MESSAGES, that before LANG. LANGUAGE lists several, best first, as the
// programs of GNU read it: not where the locale is C.
func localeLanguages(getenv func(string) string) []string {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	own := localeTag(locale)
	if own == "" {
		return nil
	}
	var out []string
	for _, l := range strings.Split(getenv("LANGUAGE"), ":") {
		if tag := localeTag(l); tag != "" {
			out = append(out, tag)
		}
	}
	if len(out) == 0 {
		out = []string{own}
	}
	return out
}

// localeTag is the language of a locale such as nb_NO.UTF-8, or "" for C and what is none.
func localeTag(locale string) string {
	locale, _, _ = strings.Cut(locale, "@")
	locale, _, _ = strings.Cut(locale, ".")
	tag := strings.ToLower(strings.ReplaceAll(locale, "_", "-"))
	if tag == "posix" || !languageTag.MatchString(tag) {
		return ""
	}
	return tag
}
