package oaipmh

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// oai is the namespace of the protocol.
const oai = "http://www.openarchives.org/OAI/2.0/"

// answer is what a repository answers, as far as it is needed.
type answer struct {
	ResponseDate string
	// Granularity and Deleted come with Identify.
	Granularity, Deleted string
	Records              []record
	Token                string
	Error                *protocolError

	address string
}

type record struct {
	Identifier string
	Deleted    bool
	// Metadata is the XML of what the record holds, a document of its own; Root is its element.
	Metadata []byte
	Root     xml.Name
}

// parse reads an answer. Elements are told by their names within the protocol's namespace.
func parse(text []byte) (*answer, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii") {
			return in, nil
		}
		return nil, errors.New("the encoding " + clip(charset) + " is not known")
	}
	a := &answer{}
	var path []string
	var scopes [][]xml.Attr // declarations of namespaces, by element
	var rec *record
	root := false
	for {
		before := d.InputOffset()
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(path) == 0 {
				if t.Name.Local != "OAI-PMH" {
					return nil, errors.New("this is no answer of OAI-PMH but <" + clip(t.Name.Local) + ">")
				}
				root = true
			}
			if rec != nil && len(path) > 0 && path[len(path)-1] == "metadata" {
				if err := d.Skip(); err != nil {
					return nil, err
				}
				if rec.Metadata == nil {
					rec.Root = t.Name
					rec.Metadata = document(text[before:d.InputOffset()], t, scopes)
				}
				continue
			}
			path = append(path, t.Name.Local)
			scopes = append(scopes, slices.DeleteFunc(slices.Clone(t.Attr), func(a xml.Attr) bool {
				return a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns")
			}))
			if t.Name.Space != oai && t.Name.Space != "" {
				continue
			}
			switch t.Name.Local {
			case "record":
				a.Records = append(a.Records, record{})
				rec = &a.Records[len(a.Records)-1]
			case "header":
				if rec == nil { // of a list of identifiers
					a.Records = append(a.Records, record{})
					rec = &a.Records[len(a.Records)-1]
				}
				for _, attr := range t.Attr {
					if attr.Name.Local == "status" && attr.Value == "deleted" {
						rec.Deleted = true
					}
				}
			case "error":
				a.Error = &protocolError{}
				for _, attr := range t.Attr {
					if attr.Name.Local == "code" {
						a.Error.Code = attr.Value
					}
				}
			}
		case xml.EndElement:
			if len(path) > 0 {
				path, scopes = path[:len(path)-1], scopes[:len(scopes)-1]
			}
			if t.Name.Local == "record" || t.Name.Local == "header" && (len(path) == 0 || path[len(path)-1] != "record") {
				rec = nil
			}
		case xml.CharData:
			if len(path) == 0 {
				continue
			}
			s := strings.TrimSpace(string(t))
			if s == "" {
				continue
			}
			switch path[len(path)-1] {
			case "responseDate":
				a.ResponseDate += s
			case "granularity":
				a.Granularity += s
			case "deletedRecord":
				a.Deleted += s
			case "resumptionToken":
				a.Token += s
			case "identifier":
				if rec != nil && len(path) > 1 && path[len(path)-2] == "header" { // what is said about a record may have others
					rec.Identifier += s
				}
			case "error":
				a.Error.Text += s
			}
		}
	}
	if !root {
		return nil, errors.New("this is no answer of OAI-PMH: it is empty")
	}
	return a, nil
}

// document makes an element a document of its own: it gets the namespaces that were declared around it.
func document(raw []byte, start xml.StartElement, scopes [][]xml.Attr) []byte {
	declared := map[string]bool{}
	name := func(a xml.Attr) string {
		if a.Name.Space == "xmlns" {
			return "xmlns:" + a.Name.Local
		}
		return "xmlns"
	}
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			declared[name(a)] = true
		}
	}
	raw = bytes.TrimLeft(raw, " \t\r\n")
	end := 1
	for end < len(raw) && !strings.ContainsRune(" \t\r\n/>", rune(raw[end])) {
		end++
	}
	var b bytes.Buffer
	b.Write(raw[:end])
	for _, s := range slices.Backward(scopes) {
		for _, a := range s {
			if n := name(a); !declared[n] {
				declared[n] = true
				b.WriteString(" " + n + `="`)
				xml.EscapeText(&b, []byte(a.Value)) //nolint:errcheck // into memory
				b.WriteByte('"')
			}
		}
	}
	b.Write(raw[end:])
	return b.Bytes()
}

type element struct{ space, name, lang, text string }

// children lists the elements below the root of a document, with their text.
func children(doc []byte) ([]element, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var out []element
	depth := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			if depth == 2 {
				e := element{space: t.Name.Space, name: t.Name.Local}
				for _, a := range t.Attr {
					if a.Name.Local == "lang" && isTag(a.Value) {
						e.lang = a.Value
					}
				}
				out = append(out, e)
			}
		case xml.EndElement:
			if depth == 2 {
				out[len(out)-1].text = strings.TrimSpace(out[len(out)-1].text)
			}
			depth--
		case xml.CharData:
			if depth >= 2 {
				out[len(out)-1].text += string(t)
			}
		}
	}
}

func isTag(s string) bool {
	for i, p := range strings.Split(s, "-") {
		if len(p) < 1 || len(p) > 8 || i == 0 && len(p) < 2 {
			return false
		}
		for _, c := range p {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
				return false
			}
		}
	}
	return true
}
