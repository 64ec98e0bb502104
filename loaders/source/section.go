package source

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// KeyError is a mistake in the configuration. Line and Column count from 1; 0 is not known.
type KeyError struct {
	Line, Column int
	// Key is the key that it is about, such as "url"; empty where the message says it.
	Key string
	Msg string
}

// Error writes "line 3, column 5: key: message".
func (e *KeyError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", e.Line, e.Column)
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	return b.String() + e.Msg
}

// Keyf makes an error about a key; whoever decodes the section adds its place.
func Keyf(key, format string, args ...any) error {
	return &KeyError{Key: key, Msg: fmt.Sprintf(format, args...)}
}

// Common are the keys that every source has; the harvest reads them.
type Common struct {
	Name        string   `yaml:"name" doc:"name of the source, unique in the file; letters, digits, - and _" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]*$" required:"true"`
	Kind        string   `yaml:"kind" doc:"kind of the source" required:"true"`
	Title       string   `yaml:"title" doc:"title for people, in reports and in the provenance"`
	Graph       string   `yaml:"graph" doc:"IRI of the graph of the source; default: graph-base and the name" format:"iri"`
	Graphs      string   `yaml:"graphs" doc:"whether all of the source is in one graph or each record in one of its own, below that of the source" enum:"source,record"`
	Priority    int      `yaml:"priority" doc:"who has a record that two sources claim: the higher priority, then the one that comes first in the file"`
	Schedule    string   `yaml:"schedule" doc:"when serve harvests it: a duration such as 6h, or a cron line such as '30 4 * * *'; default: that of the file"`
	Strict      bool     `yaml:"strict" doc:"fail when anything is rejected"`
	AllowEmpty  bool     `yaml:"allow-empty" doc:"let a run that delivers nothing remove all that was there"`
	MaxRemoved  string   `yaml:"max-removed" doc:"fail a run in which more than this share of the records is gone that the source delivered before, such as 30%" pattern:"^[0-9]+(\\.[0-9]+)?%$"`
	Disabled    bool     `yaml:"disabled" doc:"leave the source alone; what was harvested stays"`
	Timeout     Duration `yaml:"timeout" doc:"longest time of a run, such as 30m; default 2h"`
	MaxBytes    Size     `yaml:"max-bytes" doc:"largest document, as it is sent and unpacked, such as 2GiB; default 4GiB"`
	MaxRequests int      `yaml:"max-requests" doc:"most requests of a run; default 100000"`
	Delay       Duration `yaml:"delay" doc:"pause between requests to a host, such as 200ms"`
	Retries     *int     `yaml:"retries" doc:"how often a request is tried again; default 4"`
	Token       *Secret  `yaml:"token" doc:"where the token stands that is sent as Authorization: Bearer, only to the hosts that the source names"`

	Headers map[string]HeaderValue `yaml:"headers" doc:"further headers, sent only to the hosts that the source names, and where their values stand"`
}

// DecodeSection decodes a mapping into a pointer to a struct with yaml tags: strictly, so that keys which the struct does not have are
// errors with their place. Keys in skip are left out. Besides the types of YAML there are those that unmarshal text.
func DecodeSection(node *yaml.Node, into any, skip []string) error {
	return decode(node, reflect.ValueOf(into).Elem(), skip, "")
}

func at(n *yaml.Node, key, format string, args ...any) error {
	return &KeyError{Line: n.Line, Column: n.Column, Key: key, Msg: fmt.Sprintf(format, args...)}
}

var textType = reflect.TypeFor[encoding.TextUnmarshaler]()

func decode(n *yaml.Node, v reflect.Value, skip []string, key string) error {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	t := v.Type()
	if reflect.PointerTo(t).Implements(textType) {
		if n.Kind != yaml.ScalarNode {
			return at(n, key, "expects a single value")
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
			return at(n, key, "%v", err)
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return decode(n, v.Elem(), nil, key)
	case reflect.Struct:
		return decodeStruct(n, v, skip, key)
	case reflect.Slice:
		items := n.Content
		if n.Kind == yaml.ScalarNode {
			items = []*yaml.Node{n} // one value stands for a list of one
		} else if n.Kind != yaml.SequenceNode {
			return at(n, key, "expects a list")
		}
		out := reflect.MakeSlice(t, len(items), len(items))
		for i, item := range items {
			if err := decode(item, out.Index(i), nil, fmt.Sprintf("%s[%d]", key, i)); err != nil {
				return err
			}
		}
		v.Set(out)
		return nil
	case reflect.Map:
		if n.Kind != yaml.MappingNode {
			return at(n, key, "expects keys with values")
		}
		out := reflect.MakeMap(t)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if out.MapIndex(reflect.ValueOf(k.Value)).IsValid() {
				return at(k, join(key, k.Value), "stands here twice")
			}
			e := reflect.New(t.Elem()).Elem()
			if err := decode(n.Content[i+1], e, nil, join(key, k.Value)); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(k.Value), e)
		}
		v.Set(out)
		return nil
	case reflect.Interface:
		var any any
		if err := n.Decode(&any); err != nil {
			return at(n, key, "%v", err)
		}
		v.Set(reflect.ValueOf(any))
		return nil
	}
	if n.Kind != yaml.ScalarNode {
		return at(n, key, "expects a single value")
	}
	if t.Kind() == reflect.String {
		v.SetString(n.Value)
		return nil
	}
	if err := n.Decode(v.Addr().Interface()); err != nil || t.Kind() != reflect.Float64 && hasFraction(n) { // which would be cut off
		return at(n, key, "%q is not %s", n.Value, map[reflect.Kind]string{reflect.Bool: "true or false", reflect.Float64: "a number"}[t.Kind()]+wholeNumber(t.Kind()))
	}
	return nil
}

func hasFraction(n *yaml.Node) bool {
	var f float64
	return n.ShortTag() == "!!float" && (n.Decode(&f) != nil || f != math.Trunc(f))
}

func wholeNumber(k reflect.Kind) string {
	if k == reflect.Bool || k == reflect.Float64 {
		return ""
	}
	return "a whole number that fits"
}

func join(key, k string) string {
	if key == "" {
		return k
	}
	return key + "." + k
}

func decodeStruct(n *yaml.Node, v reflect.Value, skip []string, key string) error {
	if n.Kind != yaml.MappingNode {
		return at(n, key, "expects keys with values")
	}
	fields := Fields(v.Type())
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if seen[k.Value] != nil {
			return at(k, join(key, k.Value), "stands here twice")
		}
		seen[k.Value] = k
		if slices.Contains(skip, k.Value) {
			continue
		}
		j := slices.IndexFunc(fields, func(f Field) bool { return f.Key == k.Value })
		if j < 0 {
			names := slices.Clone(skip)
			for _, f := range fields {
				names = append(names, f.Key)
			}
			return at(k, "", "unknown key %q; %s", k.Value, known(k.Value, names))
		}
		if err := decode(n.Content[i+1], v.FieldByIndex(fields[j].Index), nil, join(key, k.Value)); err != nil {
			return err
		}
		if err := fields[j].check(n.Content[i+1], join(key, k.Value)); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if f.Required && seen[f.Key] == nil {
			return at(n, "", "%s is missing: %s", join(key, f.Key), f.Doc)
		}
	}
	return nil
}

// known names the keys that there are, the one that is meant first if there is one.
func known(given string, names []string) string {
	best, far := "", 3
	for _, n := range names {
		if d := distance(given, n); d < far {
			best, far = n, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	slices.Sort(names)
	return "known are " + strings.Join(slices.Compact(names), ", ")
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Duration is a time.Duration as text: "1h30m".
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration such as 90s, 15m or 6h", b)
	}
	*d = Duration(v)
	return nil
}

// Or is the duration, or another one where it is 0.
func (d Duration) Or(otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return time.Duration(d)
}

// Size is a number of bytes as text: "100MB", "2GiB".
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	unit := strings.TrimLeft(text, "0123456789.")
	factor, ok := map[string]float64{
		"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	}[strings.TrimSpace(unit)]
	var v float64
	if _, err := fmt.Sscanf(strings.TrimSuffix(text, unit), "%g", &v); err != nil || !ok {
		return fmt.Errorf("%q is no size such as 500MB or 2GiB", b)
	}
	*s = Size(v * factor)
	return nil
}
