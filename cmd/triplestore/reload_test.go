package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestKeepReloaded changes a file under the watch: it is read again once for each change, and an error does not end the watch.
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
				read <- string(b)
				return errors.Join(err, errors.New("not valid"))
			}},
			{"another", []string{file + ".missing"}, func() error { looked <- struct{}{}; return nil }},
		})
	}()
	// The watch may begin after the first of these changes, so it goes on until one is seen.
	text := "22"
	for first := true; first; {
		write(text)
		select {
		case got := <-read:
			if got != text {
				t.Fatalf("read %q, want %q", got, text)
			}
			first = false
		case <-time.After(20 * time.Millisecond):
			text += "2"
		}
	}
	for _, text := range []string{"3", "four"} {
		write(text)
		if got := <-read; got != text {
			t.Errorf("read %q, want %q", got, text)
		}
	}
	cancel()
	<-done
	select {
	case <-looked:
		t.Error("a file that is not there has changed")
	default:
	}
}
