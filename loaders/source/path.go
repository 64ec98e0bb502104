package source

import (
	"net/url"
	"path/filepath"
	"strings"
)

// Path is a path of the configuration: relative ones begin at its folder.
func (e Env) Path(p string) string {
	if filepath.IsAbs(p) || e.Dir == "" {
		return p
	}
	return filepath.Join(e.Dir, p)
}

// IsURL reports whether an address is an http or https URL.
func IsURL(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// WithoutUser is a URL as it may be shown and kept: without user and password.
func WithoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	u.User = nil
	return u.String()
}
