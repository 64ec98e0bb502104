package source

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"triplestore/internal/diskspace"
)

// TestTempFileLeavesReserve: a file that takes what is to stay free on the disk fails, at its beginning or in its middle.
func TestTempFileLeavesReserve(t *testing.T) {
	t.Parallel()
	for full := range 3 {
		dir, asked := t.TempDir(), 0
		f, err := CreateTemp(dir, func() uint64 {
			if asked++; asked > full {
				return 1 << 60
			}
			return 0
		})
		if err != nil {
			t.Fatal(err)
		}
		written := 0
		for block := make([]byte, 1<<20); err == nil && written < 100<<20; written += len(block) {
			_, err = f.Write(block)
		}
		if !errors.Is(err, diskspace.ErrFull) || written > (full+1)*(tempCheck+1<<20) {
			t.Errorf("full at look %d: %v after %d bytes", full+1, err, written)
		}
		if err := f.Remove(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("there stays %v: %v", left, err)
		}
	}
}

// TestClientLeavesReserve: a document that does not fit in memory is not taken where the disk has no room for it, and nothing of it stays.
func TestClientLeavesReserve(t *testing.T) {
	t.Parallel()
	room := false
	c, url, _ := testClient(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 3<<20)) //nolint:errcheck // the client may leave
	}, ClientOptions{Retries: 2, Reserve: func() uint64 {
		if room {
			return 0
		}
		return 1 << 60
	}})
	if _, err := c.Get(t.Context(), &Request{URL: url}); !errors.Is(err, diskspace.ErrFull) || ClassOf(err) != Internal || c.Requests() != 1 {
		t.Errorf("after %d requests: %v (%s)", c.Requests(), err, ClassOf(err))
	}
	if left, err := os.ReadDir(c.o.Temp); err != nil || len(left) > 0 {
		t.Errorf("there stays %v: %v", left, err)
	}
	room = true
	d, err := c.Get(t.Context(), &Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestLimitTellsNoPassword: that a run sends too many requests is told without the password of the URL.
func TestLimitTellsNoPassword(t *testing.T) {
	t.Parallel()
	c, url, _ := testClient(t, func(http.ResponseWriter, *http.Request) {}, ClientOptions{MaxRequests: 1})
	c.requests.Add(1)
	_, err := c.Get(t.Context(), &Request{URL: strings.Replace(url, "://", "://user:secret@", 1)})
	if ClassOf(err) != TooLarge || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
