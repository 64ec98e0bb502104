package server

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"triplestore/store/memstore"
)

// TestUnpackedParts: documents of one body are not longer together than one may be.
func TestUnpackedParts(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, func(c *Config) { withToken(c); c.MaxUpload = 100_000 })
	form := func(parts int, packed bool) string {
		var b bytes.Buffer
		for i := range parts {
			header := ""
			if packed {
				header = "Content-Encoding: gzip\r\n"
			}
			fmt.Fprintf(&b, "--x\r\nContent-Type: application/n-triples\r\n%s\r\n", header)
			text := strings.Repeat(fmt.Sprintf("<x:s%d> <x:p> <x:o> .\n", i), 40_000/22)
			if packed {
				z := gzip.NewWriter(&b)
				io.WriteString(z, text) //nolint:errcheck // into memory
				z.Close()               //nolint:errcheck // into memory
			} else {
				b.WriteString(text)
			}
			b.WriteString("\r\n")
		}
		b.WriteString("--x--\r\n")
		return b.String()
	}
	for parts, want := range map[int]int{2: 201, 3: 413} {
		for _, packed := range []bool{true, false} {
			path := "/graphs?graph=" + url.QueryEscape(fmt.Sprintf("x:%d%t", parts, packed))
			if r := send(t, srv, "POST", path, "multipart/form-data; boundary=x", form(parts, packed)); r.StatusCode != want {
				t.Errorf("%d parts, packed %t: %d %s", parts, packed, r.StatusCode, r.body)
			}
		}
	}
}
