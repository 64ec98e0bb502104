package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKeepReloaded changes a file under the watch: it is read again after each change, and an error does not end the watch.
func TestKeepReloaded(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "settings")
	write := func(text string) {
		t.Helper()
		if err := errors.Join(os.WriteFile(file+".new", []byte(text), 0o600), os.Rename(file+".new", file)); err != nil {
			t.Fatal(err)
		}
	}
	write("1")
	read := make(chan string)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	looked := make(chan struct{}, 1)
	go func() {
		defer close(done)
		keepReloaded(ctx, slog.New(slog.DiscardHandler), time.Millisecond, []reloaded{
			{"settings", []string{file}, func() error {
				b, err := os.ReadFile(file)
				select {
				case read <- string(b):
				case <-ctx.Done():
				}
				return errors.Join(err, errors.New("not valid"))
			}},
			{"another", []string{file + ".missing"}, func() error { looked <- struct{}{}; return nil }},
		})
	}()
	// The watch may begin after the first of these changes, so it goes on until one is seen.
	text := "22"
	write(text)
	for first := true; first; {
		select {
		case got := <-read: // what was read may be older than the last change, which then is still to come
			if !strings.HasPrefix(text, got) {
				t.Fatalf("read %q, want %q", got, text)
			}
			first = got != text
		case <-time.After(20 * time.Millisecond):
			text += "2"
			write(text)
		}
	}
	for _, next := range []string{"3", "four"} {
		write(next)
		got := <-read
		for got == text { // a file that changes between the look at it and the reading is read again
			got = <-read
		}
		if got != next {
			t.Errorf("read %q, want %q", got, next)
		}
		text = next
	}
	cancel()
	<-done
	select {
	case <-looked:
		t.Error("a file that is not there has changed")
	default:
	}
}

// A folder has changed when one of its files has, or when one came or went.
func TestStampsOfFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seen := []map[string]stamp{stamps([]string{dir})}
	for _, change := range []func() error{
		func() error { return os.WriteFile(filepath.Join(dir, "a"), []byte("1"), 0o600) },
		func() error { return os.WriteFile(filepath.Join(dir, "a"), []byte("22"), 0o600) },
		func() error { return os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b")) },
		func() error { return os.Remove(filepath.Join(dir, "b")) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		now := stamps([]string{dir})
		if maps.Equal(now, seen[len(seen)-1]) {
			t.Errorf("change %d is not seen: %v", len(seen), now)
		}
		seen = append(seen, now)
	}
}
