package main

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// reloadEvery is how often files of settings are looked at.
const reloadEvery = 5 * time.Second

// reloaded is what is read again while the server runs.
type reloaded struct {
	what  string
	files []string
	read  func() error
}

// stamp tells versions of a file apart.
type stamp struct {
	time time.Time
	size int64
}

// stamps are those of files and, for folders, of the files in them.
func stamps(files []string) map[string]stamp {
	out := map[string]stamp{}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			continue
		}
		out[f] = stamp{info.ModTime(), info.Size()}
		if !info.IsDir() {
			continue
		}
		entries, err := os.ReadDir(f)
		if err != nil {
			continue
		}
		for _, e := range entries {
			name := filepath.Join(f, e.Name())
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				out[name] = stamp{info.ModTime(), info.Size()}
			}
		}
	}
	return out
}

// keepReloaded reads things again at SIGHUP, and when one of their files has changed, until ctx ends. What cannot be read leaves things as
// they are.
func keepReloaded(ctx context.Context, log *slog.Logger, every time.Duration, things []reloaded) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(every)
	defer tick.Stop()
	seen := make([]map[string]stamp, len(things))
	for i, t := range things {
		seen[i] = stamps(t.files)
	}
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-hup:
			asked = true
		case <-tick.C:
		}
		for i, t := range things {
			now := stamps(t.files)
			if !asked && maps.Equal(now, seen[i]) {
				continue
			}
			seen[i] = now
			if err := t.read(); err != nil {
				log.Error("read again: it is not valid, so what was there before still counts", slog.String("what", t.what), slog.Any("error", err))
			} else {
				log.Info("read again", slog.String("what", t.what))
			}
		}
	}
}
