package source

import (
	"fmt"
	"io"
	"net/textproto"
	"os"
	"strings"
)

// Secret is where a value stands that is sent to the servers of a source and appears nowhere else.
type Secret struct {
	Env  string `yaml:"env" doc:"name of the environment variable that has it" pattern:"^[A-Za-z_][A-Za-z0-9_]*$"`
	File string `yaml:"file" doc:"file that has it, without the line break at its end"`
}

// HeaderValue is the value of a header: a secret, or one that may stand in the configuration.
type HeaderValue struct {
	Secret `yaml:",inline"`
	Value  string `yaml:"value" doc:"the value itself, where it is no secret"`
}

// maxSecret is the most bytes of a secret.
const maxSecret = 64 << 10

func (s Secret) check() error {
	if (s.Env == "") == (s.File == "") {
		return fmt.Errorf("is to have either env or file")
	}
	return nil
}

// read gives the secret. Errors do not tell it.
func (s Secret) read(dir string) (string, error) {
	var text, where string
	if s.Env != "" {
		where = "the environment variable " + s.Env
		text = os.Getenv(s.Env)
	} else {
		where = "the file " + s.File
		f, err := os.Open(Env{Dir: dir}.Path(s.File))
		if err != nil {
			return "", err
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		if err != nil {
			return "", err
		}
		if len(b) > maxSecret {
			return "", fmt.Errorf("%s is longer than %d bytes", where, maxSecret)
		}
		text = strings.TrimRight(string(b), "\r\n")
	}
	if text == "" {
		return "", fmt.Errorf("%s is not set or empty", where)
	}
	if !validHeaderValue(text) {
		return "", fmt.Errorf("%s has characters that no header may have", where)
	}
	return text, nil
}

func validHeaderValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// ownHeaders are those that the harvest sets itself, or that are about the connection.
var ownHeaders = map[string]bool{
	"Accept-Encoding": true, "Connection": true, "Content-Length": true, "Content-Type": true, "Cookie": true, "Host": true, "If-Modified-Since": true,
	"If-None-Match": true, "Proxy-Authorization": true, "Range": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "User-Agent": true,
}

// CheckCredentials finds mistakes in the keys token and headers. It reads no secret.
func (c *Common) CheckCredentials() error {
	if c.Token != nil {
		if err := c.Token.check(); err != nil {
			return Keyf("token", "%v", err)
		}
	}
	for name, v := range c.Headers {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !validHeaderName(name):
			return Keyf("headers", "%q is no name of a header", name)
		case ownHeaders[canonical]:
			return Keyf("headers", "%s is set by the harvest itself", name)
		case canonical == "Authorization" && c.Token != nil:
			return Keyf("headers", "%s stands beside token, which sets it", name)
		case v.Value != "" && v.Secret != Secret{}:
			return Keyf("headers", "%s has a value and names a place of one", name)
		case !validHeaderValue(v.Value):
			return Keyf("headers", "%s has characters that no header may have", name)
		}
		if v.Value == "" {
			if err := v.check(); err != nil {
				return Keyf("headers", "%s %v, or value", name, err)
			}
		}
	}
	return nil
}

func validHeaderName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) { // RFC 9110 section 5.6.2
			return false
		}
	}
	return s != ""
}

// Credentials reads the headers that the keys token and headers ask for; relative paths begin at dir. It is nil where there are none. An
// error is of the class Refused and does not tell a secret.
func (c *Common) Credentials(dir string) (map[string]string, error) {
	if c.Token == nil && len(c.Headers) == 0 {
		return nil, nil
	}
	out := map[string]string{}
	if c.Token != nil {
		t, err := c.Token.read(dir)
		if err != nil {
			return nil, Errorf(Refused, "token: %v", err)
		}
		out["Authorization"] = "Bearer " + t
	}
	for name, v := range c.Headers {
		text := v.Value
		if text == "" {
			var err error
			if text, err = v.read(dir); err != nil {
				return nil, Errorf(Refused, "headers.%s: %v", name, err)
			}
		}
		out[textproto.CanonicalMIMEHeaderKey(name)] = text
	}
	return out, nil
}
