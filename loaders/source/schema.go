package source

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Field is a key of a section. It comes from a field of a struct and its tags:
//
//	yaml:"key"        the key; "-" and fields without the tag are no keys; ",inline" takes in the keys of a struct
//	doc:"…"           what it means; required, since it is the description in the JSON Schema
//	required:"true"   the key must be there
//	enum:"a,b"        the values there are
//	pattern:"^…$"     what the value must look like
//	format:"uri"      uri or iri; only told, not checked
type Field struct {
	Key      string
	Doc      string
	Required bool
	Enum     []string
	Pattern  string
	Format   string
	Type     reflect.Type
	Index    []int
}

// Fields lists the keys of a struct.
func Fields(t reflect.Type) []Field {
	var out []Field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("yaml")
		if !ok || tag == "-" || !f.IsExported() {
			continue
		}
		key, options, _ := strings.Cut(tag, ",")
		if options == "inline" {
			for _, in := range Fields(f.Type) {
				in.Index = append(slices.Clone(f.Index), in.Index...)
				out = append(out, in)
			}
			continue
		}
		field := Field{Key: key, Doc: f.Tag.Get("doc"), Required: f.Tag.Get("required") == "true", Pattern: f.Tag.Get("pattern"),
			Format: f.Tag.Get("format"), Type: f.Type, Index: f.Index}
		if e := f.Tag.Get("enum"); e != "" {
			field.Enum = strings.Split(e, ",")
		}
		out = append(out, field)
	}
	return out
}

func (f *Field) check(n *yaml.Node, key string) error {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, v := range nodes {
		if v.Kind != yaml.ScalarNode {
			continue
		}
		if f.Enum != nil && !slices.Contains(f.Enum, v.Value) {
			return at(v, key, "%q is not one of %s", v.Value, strings.Join(f.Enum, ", "))
		}
		if f.Pattern != "" {
			if ok, err := regexp.MatchString(f.Pattern, v.Value); err != nil || !ok {
				return at(v, key, "%q is not %s", v.Value, f.Doc)
			}
		}
	}
	return nil
}

// Schema is the JSON Schema (2020-12) of a section: of a struct, see [Field]. Keys that are not in it are not allowed. Structs that contain
// themselves go into defs, which are the document's $defs, and are referred to there.
func Schema(t reflect.Type, defs map[string]any) map[string]any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	properties := map[string]any{}
	required := []string{}
	for _, f := range Fields(t) {
		p := schemaOf(f.Type, defs)
		target := p
		if items, ok := p["items"].(map[string]any); ok {
			target = items
		}
		if f.Enum != nil {
			target["enum"] = f.Enum
		}
		if f.Pattern != "" {
			target["pattern"] = f.Pattern
		}
		if f.Format != "" {
			target["format"] = f.Format
		}
		if p["items"] != nil && (target["type"] != nil || target["$ref"] != nil) {
			p = map[string]any{"oneOf": []any{target, p}} // one value stands for a list of one
		}
		if f.Doc != "" {
			p["description"] = f.Doc
		}
		properties[f.Key] = p
		if f.Required {
			required = append(required, f.Key)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func schemaOf(t reflect.Type, defs map[string]any) map[string]any {
	switch {
	case t == reflect.TypeFor[Size]():
		return map[string]any{"type": []string{"string", "integer"}, "pattern": "^[0-9.]+ *([kKMGT]i?B|B)?$"}
	case t == reflect.TypeFor[Duration]():
		return map[string]any{"type": "string", "pattern": "^([0-9.]+(ns|us|µs|ms|s|m|h))+$"}
	case reflect.PointerTo(t).Implements(textType):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), defs)
	case reflect.Struct:
		if !contains(t, t, map[reflect.Type]bool{}) {
			return Schema(t, defs)
		}
		name := t.String()
		if defs[name] == nil {
			defs[name] = true // what is being described refers to itself
			defs[name] = Schema(t, defs)
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), defs)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), defs)}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64, reflect.Float32:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Interface:
		return map[string]any{}
	}
	return map[string]any{"type": "string"}
}

// contains tells whether a section of the type has another in it, at any depth.
func contains(t, other reflect.Type, seen map[reflect.Type]bool) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return t == other && seen[t]
	}
	seen[t] = true
	for _, f := range Fields(t) {
		if contains(f.Type, other, seen) {
			return true
		}
	}
	return false
}
