package harvest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"go.yaml.in/yaml/v3"

	"triplestore/loaders/source"
	"triplestore/rdf/iri"
)

// Config is a configuration, read and checked.
type Config struct {
	// Dir is the folder where relative paths begin.
	Dir     string
	Sources []*SourceConfig
	// Rules are the files of rules of derived facts, in the order in which they are applied.
	Rules []string
	// Contexts says in which file a JSON-LD context is that documents refer to with an IRI.
	Contexts map[string]string

	file      fileKeys
	rewriters []rewriter
}

// SourceConfig is the section of a source.
type SourceConfig struct {
	source.Common
	Kind  source.Kind
	Order int // place in the file

	config      source.Config
	line        int
	fingerprint string
	maxRemoved  float64 // share of the records; below 0 is no limit
	schedule    cron.Schedule
	jitter      time.Duration
}

// claims tells whether records of the source belong to it alone, so that they have entries with checksums.
func (s *SourceConfig) claims() bool { return s.Kind.Claims || s.Graphs == "record" }

type rewriter struct {
	kind   source.RewriterKind
	config source.RewriterConfig
}

// fileKeys are the keys of the file beside the sources and the rewriters.
type fileKeys struct {
	GraphBase string            `yaml:"graph-base" doc:"IRI before the names of graphs; default urn:x-triplestore:harvest/" format:"iri"`
	Schedule  string            `yaml:"schedule" doc:"when serve harvests sources that say nothing else: a duration such as 6h, or a cron line such as '30 4 * * *'"`
	Jitter    source.Duration   `yaml:"jitter" doc:"longest random delay of scheduled runs; default 1m"`
	Rules     []string          `yaml:"rules" doc:"files, folders or globs with rules of derived facts: SPARQL CONSTRUCT queries, applied in the order of their names"`
	Contexts  map[string]string `yaml:"contexts" doc:"JSON-LD contexts: the IRI that documents refer to, and the file that has it"`
	KeepRuns  int               `yaml:"keep-runs" doc:"of how many runs that changed something the provenance of a source is kept; default 20"`
	Parallel  int               `yaml:"parallel" doc:"how many sources are read at a time, 1 to 64; default 4. A host is asked for one of them, and one is written at a time"`
}

// MaxParallel is how many sources are read at a time at most.
const MaxParallel = 64

// ConfigError is a mistake in a configuration.
type ConfigError struct {
	File string
	Err  error
}

// Error names the file and the place.
func (e *ConfigError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap gives the error inside.
func (e *ConfigError) Unwrap() error { return e.Err }

// ReadConfig reads a configuration from a file. Mistakes are *ConfigError.
func ReadConfig(file string, kinds []source.Kind, rewriters []source.RewriterKind) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	c, err := ParseConfig(text, dir, kinds, rewriters)
	if err != nil {
		return nil, &ConfigError{file, err}
	}
	return c, nil
}

// ParseConfig reads the text of a configuration whose relative paths begin at a folder.
func ParseConfig(text []byte, dir string, kinds []source.Kind, rewriters []source.RewriterKind) (*Config, error) {
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("this is no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("the file is to have a key sources with a list of sources")
	}
	root := doc.Content[0]
	c := &Config{Dir: dir}
	skip := []string{"sources"}
	for _, r := range rewriters {
		skip = append(skip, r.Name)
	}
	if err := source.DecodeSection(root, &c.file, skip); err != nil {
		return nil, err
	}
	if err := c.checkFile(root); err != nil {
		return nil, err
	}
	var versions []string
	for _, k := range rewriters {
		node := child(root, k.Name)
		if node == nil && !k.Default {
			continue
		}
		rc := k.New()
		if node != nil {
			if err := source.DecodeSection(node, rc, nil); err != nil {
				return nil, err
			}
		}
		if p, ok := rc.(source.Preparer); ok {
			if err := p.Prepare(dir); err != nil {
				return nil, errorAt(root, node, k.Name+"."+err.Error())
			}
		}
		c.rewriters = append(c.rewriters, rewriter{k, rc})
		versions = append(versions, k.Name+" "+rc.Version())
	}
	list := child(root, "sources")
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return nil, errorAt(root, list, "sources is to be a list of sources, such as: sources: [{name: fdk, kind: rdf, path: catalogue.ttl}]")
	}
	seen, graphs := map[string]int{}, map[string]int{}
	for i, node := range list.Content {
		s, err := c.source(node, kinds, strings.Join(versions, "\n"))
		if err != nil {
			return nil, err
		}
		s.Order = i
		if line, ok := seen[s.Name]; ok {
			return nil, errorAt(node, child(node, "name"), fmt.Sprintf("the name %s is taken by the source in line %d", s.Name, line))
		}
		seen[s.Name] = s.line
		if !s.Disabled {
			if line, ok := graphs[s.Graph]; ok {
				return nil, errorAt(node, child(node, "graph"), fmt.Sprintf("graph: %s is that of the source in line %d, and each would take out what the other one says", s.Graph, line))
			}
			graphs[s.Graph] = s.line
		}
		c.Sources = append(c.Sources, s)
	}
	return c, nil
}

func errorAt(otherwise, n *yaml.Node, msg string) error {
	if n == nil {
		n = otherwise
	}
	return &source.KeyError{Line: n.Line, Column: n.Column, Msg: msg}
}

func child(n *yaml.Node, key string) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func (c *Config) checkFile(root *yaml.Node) error {
	if c.file.GraphBase == "" {
		c.file.GraphBase = DefaultGraphBase
	}
	if err := iri.Check(c.file.GraphBase); err != nil || !strings.HasSuffix(c.file.GraphBase, "/") && !strings.HasSuffix(c.file.GraphBase, "#") &&
		!strings.HasSuffix(c.file.GraphBase, ":") {
		return errorAt(root, child(root, "graph-base"), "graph-base is to be an absolute IRI that ends in /, # or :")
	}
	if c.file.KeepRuns == 0 {
		c.file.KeepRuns = 20
	}
	if n := child(root, "parallel"); n == nil {
		c.file.Parallel = 4
	} else if c.file.Parallel < 1 || c.file.Parallel > MaxParallel {
		return errorAt(root, n, fmt.Sprintf("parallel is to be 1 to %d", MaxParallel))
	}
	if _, err := parseSchedule(c.file.Schedule); err != nil {
		return errorAt(root, child(root, "schedule"), "schedule: "+err.Error())
	}
	c.Contexts = map[string]string{}
	for k, v := range c.file.Contexts {
		c.Contexts[k] = source.Env{Dir: c.Dir}.Path(v)
	}
	for _, pattern := range c.file.Rules {
		files, err := ruleFiles(source.Env{Dir: c.Dir}.Path(pattern))
		if err != nil {
			return errorAt(root, child(root, "rules"), "rules: "+err.Error())
		}
		c.Rules = append(c.Rules, files...)
	}
	return nil
}

// ruleFiles finds the files that a path, a folder or a glob names, sorted by name.
func ruleFiles(pattern string) ([]string, error) {
	if info, err := os.Stat(pattern); err == nil && info.IsDir() {
		pattern = filepath.Join(pattern, "*.rq")
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no file %s", pattern)
	}
	slices.Sort(files)
	return files, nil
}

// commonKeys are the keys of source.Common.
var commonKeys = func() (keys []string) {
	for _, f := range source.Fields(reflect.TypeFor[source.Common]()) {
		keys = append(keys, f.Key)
	}
	return keys
}()

func (c *Config) source(node *yaml.Node, kinds []source.Kind, versions string) (*SourceConfig, error) {
	s := &SourceConfig{line: node.Line, maxRemoved: -1, jitter: c.file.Jitter.Or(time.Minute)}
	kindNode := child(node, "kind")
	if kindNode == nil {
		return nil, errorAt(node, nil, "kind is missing: the kind of the source, one of "+kindNames(kinds))
	}
	i := slices.IndexFunc(kinds, func(k source.Kind) bool { return k.Name == kindNode.Value })
	if i < 0 {
		return nil, errorAt(node, kindNode, fmt.Sprintf("kind: %q is no kind of source; known are %s", kindNode.Value, kindNames(kinds)))
	}
	k := kinds[i]
	s.config = k.New()
	if err := source.DecodeSection(node, s.config, commonKeys); err != nil {
		return nil, err
	}
	var own []string
	for _, f := range source.Fields(reflect.TypeOf(s.config).Elem()) {
		own = append(own, f.Key)
	}
	if err := source.DecodeSection(node, &s.Common, own); err != nil {
		return nil, err
	}
	s.Kind = k
	if slices.Contains(reserved, s.Name) {
		return nil, errorAt(node, child(node, "name"), fmt.Sprintf("name: %s is the harvest's own; choose another", s.Name))
	}
	if s.Graphs == "" {
		s.Graphs = "source"
		if k.RecordGraphs {
			s.Graphs = "record"
		}
	}
	n := names{c.file.GraphBase}
	if s.Graph == "" {
		s.Graph = n.source(s.Name)
	} else if err := iri.Check(s.Graph); err != nil {
		return nil, errorAt(node, child(node, "graph"), "graph: "+err.Error())
	} else if s.Graph == n.provenance().Value() || strings.HasPrefix(s.Graph, n.derived("").Value()) {
		return nil, errorAt(node, child(node, "graph"), "graph: "+s.Graph+" is the harvest's own; choose another")
	}
	if s.MaxRemoved != "" {
		v, err := strconv.ParseFloat(strings.TrimSuffix(s.MaxRemoved, "%"), 64)
		if err != nil {
			return nil, errorAt(node, child(node, "max-removed"), "max-removed: "+err.Error())
		}
		s.maxRemoved = v / 100
	}
	text := s.Schedule
	if text == "" {
		text = c.file.Schedule
	}
	var err error
	if s.schedule, err = parseSchedule(text); err != nil {
		return nil, errorAt(node, child(node, "schedule"), "schedule: "+err.Error())
	}
	if s.fingerprint, err = fingerprint(node, versions); err != nil {
		return nil, err
	}
	// What the kind itself finds wrong is found now, not in the middle of the night.
	err = s.CheckCredentials()
	if err == nil {
		_, err = s.config.Open(source.Env{Name: s.Name, Dir: c.Dir, Client: source.NewClient(source.ClientOptions{}), Clock: source.SystemClock{}, Log: discard})
	}
	if err != nil {
		var key *source.KeyError
		if errors.As(err, &key) && key.Line == 0 {
			at := child(node, key.Key)
			if at == nil {
				at = node
			}
			return nil, &source.KeyError{Line: at.Line, Column: at.Column, Key: key.Key, Msg: key.Msg}
		}
		return nil, errorAt(node, nil, fmt.Sprintf("source %s: %v", s.Name, err))
	}
	return s, nil
}

func kindNames(kinds []source.Kind) string {
	var list []string
	for _, k := range kinds {
		list = append(list, k.Name)
	}
	return strings.Join(list, ", ")
}

// readVersion changes when sources are to be read anew because the harvest itself came to do something else with them.
const readVersion = "1"

// bystanders are keys that do not change what is read.
var bystanders = []string{"title", "priority", "schedule", "strict", "allow-empty", "max-removed", "disabled", "timeout", "max-bytes", "max-requests", "delay", "retries",
	"token"}

// fingerprint names the meaning of a section: when it changes, the source is read from the start.
func fingerprint(node *yaml.Node, versions string) (string, error) {
	var section map[string]any
	if err := node.Decode(&section); err != nil {
		return "", &source.KeyError{Line: node.Line, Column: node.Column, Msg: err.Error()}
	}
	for _, k := range bystanders {
		delete(section, k)
	}
	b, err := json.Marshal(section) // sorted by key
	if err != nil {
		return "", &source.KeyError{Line: node.Line, Column: node.Column, Msg: err.Error()}
	}
	sum := sha256.Sum256(append(b, readVersion+"\n"+versions...))
	return hex.EncodeToString(sum[:12]), nil
}

// parseSchedule reads a duration or a line of cron; the empty text is none.
func parseSchedule(s string) (cron.Schedule, error) {
	if s == "" {
		return nil, nil
	}
	if d, err := time.ParseDuration(s); err == nil {
		if d < time.Second {
			return nil, fmt.Errorf("%s is too often", s)
		}
		return cron.ConstantDelaySchedule{Delay: d}, nil
	}
	sched, err := cron.ParseStandard(s)
	if err != nil {
		return nil, fmt.Errorf("%q is neither a duration such as 6h nor a line of cron such as '30 4 * * *': %w", s, err)
	}
	return sched, nil
}

// Schema is the JSON Schema (2020-12) of a configuration, as indented text.
func Schema(kinds []source.Kind, rewriters []source.RewriterKind) []byte {
	defs := map[string]any{}
	root := source.Schema(reflect.TypeFor[fileKeys](), defs)
	properties := root["properties"].(map[string]any)
	for _, r := range rewriters {
		p := source.Schema(reflect.TypeOf(r.New()), defs)
		p["description"] = r.Doc
		properties[r.Name] = p
	}
	var variants []any
	for _, k := range kinds {
		v := source.Schema(reflect.TypeFor[source.Common](), defs)
		own := source.Schema(reflect.TypeOf(k.New()), defs)
		props := v["properties"].(map[string]any)
		for key, p := range own["properties"].(map[string]any) {
			props[key] = p
		}
		props["kind"] = map[string]any{"const": k.Name, "description": k.Doc}
		if required, ok := own["required"].([]string); ok {
			v["required"] = append(v["required"].([]string), required...)
		}
		v["description"], v["title"] = k.Doc, k.Name
		variants = append(variants, v)
	}
	properties["sources"] = map[string]any{
		"type": "array", "minItems": 1, "description": "the sources; the first ones have records that others claim with the same priority",
		"items": map[string]any{"oneOf": variants},
	}
	if len(defs) > 0 {
		root["$defs"] = defs
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "sources of triplestore harvest"
	root["required"] = []string{"sources"}
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("harvest: " + err.Error()) // maps, lists and strings only
	}
	return append(b, '\n')
}
