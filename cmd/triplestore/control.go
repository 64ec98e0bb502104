package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"triplestore/server"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// A store that triplestore serve has open cannot be opened by another command. So the server listens on a Unix socket in the store's folder, which
// only its own user can open, and backup, stats, log, compact and verify ask there when they find the store locked.
const controlSocket = "control.sock"

// control answers other commands about the store that this process has open.
type control struct {
	st  *badgerstore.Store
	log *slog.Logger
}

// startControl listens until stop is called, which waits for what is going on, or cancels it after the grace period. Where there can be no socket
// the log tells, and the server goes on.
func startControl(st *badgerstore.Store, s *server.Server, dir string, grace time.Duration, log *slog.Logger) (stop func()) {
	path := filepath.Join(dir, controlSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // the lock of the store is ours, so whoever made it is gone
		log.Warn("no control socket: backup, stats, log, compact and verify need the server to stop", "error", err)
		return func() {}
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		if err = os.Chmod(path, 0o600); err != nil {
			l.Close()
		}
	}
	if err != nil {
		log.Warn("no control socket: backup, stats, log, compact and verify need the server to stop", "error", err)
		return func() {}
	}
	c := &control{st, log}
	base, cancel := context.WithCancel(context.Background())
	routes := c.handler()
	routes.Handle("GET /metrics", s.Metrics())
	routes.Handle("GET /health", s.Health())
	routes.Handle("GET /ready", s.Readiness())
	srv := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("control socket", "error", err)
		}
	}()
	return func() {
		wait, stop := context.WithTimeout(context.Background(), grace)
		defer stop()
		if srv.Shutdown(wait) != nil {
			cancel()
			again, stopAgain := context.WithTimeout(context.Background(), 5*time.Second)
			defer stopAgain()
			srv.Shutdown(again) //nolint:errcheck // the store waits for those that are left
		}
		cancel()
		<-done
	}
}

func (c *control) handler() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /backup", c.backup)
	answer := func(f func(ctx context.Context, q url.Values) (any, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			v, err := f(r.Context(), r.URL.Query())
			if err != nil {
				controlError(w, err)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(v) //nolint:errcheck // the client is gone
		}
	}
	m.HandleFunc("GET /stats", answer(func(ctx context.Context, q url.Values) (_ any, err error) {
		at, err := store.ParseMoment(q.Get("at"))
		if err != nil {
			return nil, err
		}
		snap, err := at.Open(c.st)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, snap.Close()) }()
		return readStats(ctx, snap, q.Has("full"), number(q, "top"))
	}))
	m.HandleFunc("POST /log", answer(func(ctx context.Context, q url.Values) (any, error) {
		if text := q.Get("retention"); text != "" {
			r, err := parseRetention(text)
			if err != nil {
				return nil, err
			}
			c.st.SetRetention(r)
			if err := c.st.ApplyRetention(ctx); err != nil {
				return nil, err
			}
			c.log.Info("retention", "retention", text)
		}
		return readLog(ctx, c.st, number(q, "n"), q.Has("changes"))
	}))
	m.HandleFunc("POST /compact", answer(func(ctx context.Context, q url.Values) (any, error) {
		return c.st.Compact(ctx, badgerstore.CompactOptions{Rewrite: q.Has("rewrite")})
	}))
	m.HandleFunc("GET /verify", answer(func(ctx context.Context, q url.Values) (any, error) {
		return c.st.Check(ctx, badgerstore.CheckOptions{MaxFindings: number(q, "max")})
	}))
	return m
}

func number(q url.Values, name string) int {
	n, _ := strconv.Atoi(q.Get(name)) // of our own making
	return n
}

// noCommit marks errors that wrap store.ErrNoCommit.
const noCommit = "No-Commit"

func controlError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, store.ErrNoCommit) {
		status = http.StatusNotFound
		w.Header().Set(noCommit, "1")
	}
	http.Error(w, err.Error(), status)
}

// backupInfo is the trailer with what was written.
const backupInfo = "Backup-Info"

// storeReserve is the header with how many bytes have to stay free on the disk of the store.
const storeReserve = "Store-Reserve"

func (c *control) backup(w http.ResponseWriter, r *http.Request) {
	since, err := strconv.ParseUint(r.URL.Query().Get("since"), 10, 64)
	if err != nil {
		controlError(w, err)
		return
	}
	w.Header().Set("Trailer", backupInfo)
	w.Header().Set(storeReserve, strconv.FormatUint(c.st.Reserve(), 10))
	w.Header().Set("Content-Type", "application/octet-stream")
	out := &began{w: w}
	start := time.Now()
	info, err := c.st.Backup(r.Context(), out, badgerstore.BackupOptions{Since: since})
	switch {
	case err != nil && !out.began:
		w.Header().Del("Trailer")
		controlError(w, err)
		return
	case err != nil:
		c.log.Error("backup", "error", err)
		panic(http.ErrAbortHandler) // so that the client does not take it for whole
	}
	b, err := json.Marshal(info)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set(backupInfo, string(b))
	c.log.Info("backup", "commit", info.Commit, "since", since, "quads", info.Quads, "took", time.Since(start))
}

// began remembers whether anything was written.
type began struct {
	w     io.Writer
	began bool
}

func (b *began) Write(p []byte) (int, error) {
	b.began = true
	return b.w.Write(p)
}

// ask sends a request to the server that has a store open. locked is the error that told so, and what is returned where nobody answers.
func (a *app) ask(ctx context.Context, dir string, locked error, method, path string, q url.Values) (*http.Response, error) {
	socket := filepath.Join(dir, controlSocket)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	r, err := http.NewRequestWithContext(ctx, method, "http://store"+path+"?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, locked
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return nil, err
	}
	return nil, &runningError{sentence(text), resp.Header.Get(noCommit) != ""}
}

// sentence is what a server says is wrong, which may be a problem in JSON.
func sentence(text []byte) string {
	var p server.Problem
	if json.Unmarshal(text, &p) != nil || p.Title == "" {
		return strings.TrimSuffix(string(text), "\n")
	}
	out := p.Title
	if p.Detail != "" {
		out += ": " + p.Detail
	}
	if p.ID != "" {
		out += " (its log tells more at " + p.ID + ")"
	}
	return out
}

// runningError is what a running server said was wrong.
type runningError struct {
	text     string
	noCommit bool
}

func (e *runningError) Error() string { return "the running server says: " + e.text }

func (e *runningError) Is(target error) bool { return e.noCommit && target == store.ErrNoCommit } //nolint:errorlint // that is what Is does

// askJSON is ask for answers in JSON.
func (a *app) askJSON(ctx context.Context, dir string, locked error, method, path string, q url.Values, v any) error {
	resp, err := a.ask(ctx, dir, locked, method, path, q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

// askBackup writes the backup that a running server makes, to the file of that path, or to none if it is empty.
func (a *app) askBackup(ctx context.Context, dir string, locked error, since uint64, path string, w io.Writer) (info badgerstore.BackupInfo, err error) {
	resp, err := a.ask(ctx, dir, locked, http.MethodGet, "/backup", url.Values{"since": {strconv.FormatUint(since, 10)}})
	if err != nil {
		return info, err
	}
	defer resp.Body.Close()
	if reserve, err := strconv.ParseUint(resp.Header.Get(storeReserve), 10, 64); err == nil {
		w = leaving(w, path, dir, reserve)
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		if ctx.Err() != nil {
			return info, ctx.Err()
		}
		return info, fmt.Errorf("the running server broke off (its log tells why): %w", err)
	}
	if err := json.Unmarshal([]byte(resp.Trailer.Get(backupInfo)), &info); err != nil {
		return info, errors.New("the running server did not finish the backup")
	}
	return info, nil
}
