// Package identity gives things one canonical IRI each, whichever of their IRIs a source uses: organisations, municipalities and counties, LOS, codes
// of the EU. The rules are data, see rules.yaml, so that an operator can change them.
//
// [Rules.Rewrite] works on the records of a harvest: it puts canonical IRIs into subjects and objects, says owl:sameAs in both directions for each
// IRI that it replaced, so that what a source wrote can still be asked for, and reports what looks as if a rule should know it and none does.
package identity

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"triplestore/loaders/source"
	"triplestore/rdf/iri"
)

//go:embed rules.yaml municipalities.csv counties.csv
var embedded embed.FS

// DefaultRules is the text of the rules that hold unless others are named.
func DefaultRules() []byte {
	b, _ := embedded.ReadFile("rules.yaml")
	return b
}

// file is a file of rules.
type file struct {
	Version int        `yaml:"version" doc:"1" required:"true"`
	Rules   []ruleText `yaml:"rules" doc:"the rules; the first that fits an IRI counts" required:"true"`
}

// ruleText is a rule as it is written.
type ruleText struct {
	Name       string            `yaml:"name" doc:"name in reports" required:"true"`
	Doc        string            `yaml:"doc" doc:"what it is about"`
	Canonical  string            `yaml:"canonical" doc:"the canonical IRI, with variables in braces" required:"true"`
	Variables  map[string]string `yaml:"variables" doc:"a regular expression for each variable"`
	Except     map[string]string `yaml:"except" doc:"values of a variable that do not count, as a regular expression"`
	Upper      []string          `yaml:"upper" doc:"variables that are brought to upper case"`
	Lower      []string          `yaml:"lower" doc:"variables that are brought to lower case"`
	Check      string            `yaml:"check" doc:"check digits of the variable number" enum:"organisation-number"`
	Identifier string            `yaml:"identifier" doc:"dct:identifier of what is rewritten, with variables in braces"`
	Table      string            `yaml:"table" doc:"CSV file beside the rules with the columns number and id; both may have several, separated by blanks; the first id is canonical, and may be an IRI"`
	Patterns   []string          `yaml:"patterns" doc:"IRIs that mean the same" required:"true"`
	ObjectsOf  []string          `yaml:"objects-of" doc:"properties whose objects are such things"`
	Reported   []string          `yaml:"reported" doc:"beginnings of IRIs that are reported if no pattern fits"`
}

// Rules give canonical IRIs. They are immutable and safe for concurrent use.
type Rules struct {
	rules   []*rule
	byHost  map[string][]*pattern
	reports map[string][]report // by host
	objects map[string]*rule    // by property
	version string
	byName  map[string]*rule

	fragments map[string]bool // hosts of patterns with a fragment

	known sync.Pool // of *recur.Table[found], one for each record that is being rewritten
}

type report struct {
	prefix string // behind the scheme
	rule   *rule
}

type rule struct {
	ruleText
	canonical  template
	identifier template
	classes    map[string]*class
	except     map[string]*class
	upper      map[string]bool
	lower      map[string]bool
	ids        map[string]string // number → id
	known      map[string]string // id → the canonical one
}

// Match is what a rule makes of an IRI.
type Match struct {
	// Rule is the name of the rule.
	Rule string
	// Canonical is the canonical IRI.
	Canonical string
	// Identifier is the number or code, or "".
	Identifier string
}

var defaults = sync.OnceValues(func() (*Rules, error) { return parse(DefaultRules(), "rules.yaml", embedded.ReadFile) })

// Default gives the rules that come with the program.
func Default() (*Rules, error) { return defaults() }

// Load reads rules from a file; tables are files beside it, or those that come with the program where there is none.
func Load(path string) (*Rules, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parse(b, filepath.Base(path), func(name string) ([]byte, error) {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			if own, err := embedded.ReadFile(name); err == nil {
				return own, nil
			}
		}
		return b, err
	})
}

func parse(text []byte, name string, read func(string) ([]byte, error)) (*Rules, error) {
	sum := sha256.New()
	sum.Write(text)
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var f file
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s: is empty", name)
	}
	if err := source.DecodeSection(doc.Content[0], &f, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Version != 1 {
		return nil, fmt.Errorf("%s: version is %d; only 1 is known", name, f.Version)
	}
	r := &Rules{byHost: map[string][]*pattern{}, reports: map[string][]report{}, objects: map[string]*rule{}, byName: map[string]*rule{},
		fragments: map[string]bool{}}
	for _, t := range f.Rules {
		one, err := r.add(t, read)
		if err != nil {
			return nil, fmt.Errorf("%s: rule %s: %w", name, t.Name, err)
		}
		if t.Table != "" {
			b, _ := read(t.Table)
			sum.Write(b)
		}
		r.byName[t.Name] = one
	}
	r.version = hex.EncodeToString(sum.Sum(nil)[:8])
	return r, nil
}

func (r *Rules) add(t ruleText, read func(string) ([]byte, error)) (*rule, error) {
	one := &rule{ruleText: t, classes: map[string]*class{}, except: map[string]*class{}, upper: map[string]bool{}, lower: map[string]bool{}}
	if r.byName[t.Name] != nil {
		return nil, errors.New("there are two of this name")
	}
	for v, text := range t.Variables {
		c, err := parseClass(text)
		if err != nil {
			return nil, fmt.Errorf("variables.%s: %w", v, err)
		}
		one.classes[v] = c
	}
	for v, text := range t.Except {
		c, err := parseClass(text)
		if err != nil {
			return nil, fmt.Errorf("except.%s: %w", v, err)
		}
		one.except[v] = c
	}
	for _, v := range t.Upper {
		one.upper[v] = true
	}
	for _, v := range t.Lower {
		one.lower[v] = true
	}
	var err error
	if one.canonical, err = parseTemplate(t.Canonical); err != nil {
		return nil, fmt.Errorf("canonical: %w", err)
	}
	if one.identifier, err = parseTemplate(t.Identifier); err != nil {
		return nil, fmt.Errorf("identifier: %w", err)
	}
	if t.Table != "" {
		if err := one.table(read); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Table, err)
		}
	}
	if len(t.Patterns) == 0 {
		return nil, errors.New("has no patterns")
	}
	for _, text := range t.Patterns {
		tpl, err := parseTemplate(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		for _, v := range append(tpl.names(), one.canonical.names()...) {
			if one.classes[v] == nil {
				return nil, fmt.Errorf("%s: the variable %s is not described", text, v)
			}
		}
		for _, v := range append(one.canonical.names(), one.identifier.names()...) {
			if !slices.Contains(tpl.names(), v) && !(v == "id" && one.ids != nil && slices.Contains(tpl.names(), "number")) {
				return nil, fmt.Errorf("%s: does not give the variable %s", text, v)
			}
		}
		tpl, host, err := tpl.behindHost()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		if strings.Contains(text, "#") {
			r.fragments[host] = true
		}
		r.byHost[host] = append(r.byHost[host], &pattern{rule: one, template: tpl})
	}
	for _, text := range t.Reported {
		host, rest, ok := split(text)
		if !ok {
			return nil, fmt.Errorf("reported: %s is no http or https IRI", text)
		}
		r.reports[host] = append(r.reports[host], report{rest, one})
	}
	for _, p := range t.ObjectsOf {
		if err := iri.Check(p); err != nil {
			return nil, fmt.Errorf("objects-of: %s: %w", p, err)
		}
		r.objects[p] = one
	}
	r.rules = append(r.rules, one)
	return one, nil
}

// table reads the identifiers that belong to numbers.
func (one *rule) table(read func(string) ([]byte, error)) error {
	b, err := read(one.Table)
	if err != nil {
		return err
	}
	c := csv.NewReader(bytes.NewReader(b))
	c.Comment = '#'
	rows, err := c.ReadAll()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.New("is empty")
	}
	number, id := slices.Index(rows[0], "number"), slices.Index(rows[0], "id")
	if number < 0 || id < 0 {
		return errors.New("lacks the columns number and id")
	}
	one.ids, one.known = map[string]string{}, map[string]string{}
	for i, row := range rows[1:] {
		if row[id] == "" {
			continue
		}
		all := strings.Fields(row[id])
		for _, other := range all {
			if one.known[other] != "" {
				return fmt.Errorf("row %d: the id %s is there twice", i+2, other)
			}
			one.known[other] = all[0]
		}
		for n := range strings.FieldsSeq(row[number]) {
			if _, ok := one.ids[n]; ok {
				return fmt.Errorf("row %d: the number %s is there twice", i+2, n)
			}
			one.ids[n] = all[0]
		}
	}
	return nil
}

// Version names the rules: it changes when their text does.
func (r *Rules) Version() string { return r.version }

// Lookup finds the canonical IRI of an IRI. ok is false where no rule has it.
func (r *Rules) Lookup(iri string) (m Match, ok bool) {
	host, rest, ok := split(iri)
	if !ok {
		return Match{}, false
	}
	for _, p := range r.byHost[host] {
		if m, ok := p.match(iri, rest); ok {
			return m, true
		}
	}
	return Match{}, false
}

// suspect finds the rule that should have known an IRI.
func (r *Rules) suspect(iri string) *rule {
	if whole, _, part := strings.Cut(iri, "#"); part { // a part of something that has a canonical IRI needs none
		if _, ok := r.Lookup(whole); ok {
			return nil
		}
	}
	host, rest, ok := split(iri)
	if !ok {
		return nil
	}
	for _, s := range r.reports[host] {
		if strings.HasPrefix(rest, s.prefix) && len(rest) > len(s.prefix) {
			return s.rule
		}
	}
	return nil
}

// Municipality is the canonical IRI of a municipality by its number, or "" where the rule of that name does not have it.
func (r *Rules) Municipality(number string) string { return r.byNumber("municipality", number) }

// County is the canonical IRI of a county by its number, or "".
func (r *Rules) County(number string) string { return r.byNumber("county", number) }

func (r *Rules) byNumber(name, number string) string {
	one := r.byName[name]
	if one == nil {
		return ""
	}
	id, ok := one.ids[number]
	if !ok {
		return ""
	}
	return one.iri(values{{"number", number}, {"id", id}})
}

// OrganisationNumber reports whether s is a Norwegian organisation number: nine digits of which the last is a check digit (modulus 11,
// weights 3 2 7 6 5 4 3 2).
func OrganisationNumber(s string) bool {
	if len(s) != 9 {
		return false
	}
	sum := 0
	for i, w := range [9]int{3, 2, 7, 6, 5, 4, 3, 2, 1} {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += int(s[i]-'0') * w
	}
	return sum%11 == 0
}
