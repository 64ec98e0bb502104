package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"triplestore/internal/diskspace"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

func (a *app) backup() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup [flags] [FILE]",
		Short: "Write a backup of the store",
		Long: `Writes a backup of the newest state to FILE, or to standard output. It is compressed and has checksums; triplestore restore makes
a store of it that has the same quads, blank-node labels and commit number. With --since it holds only what has changed since a
commit, which the history must have kept, or since the backup in a file.

The file appears under its name only when it is complete. While triplestore serve has the store open, the server makes the backup of a
snapshot, and readers and writers go on: this command asks it through a socket in the store's folder, which only its own user can open.

` + exitHelp,
		Example: `  triplestore backup monday.tsb
  triplestore backup --since monday.tsb tuesday.tsb
  triplestore backup | ssh host 'cat > store.tsb'`,
		Args: args(cobra.MaximumNArgs(1)),
	}
	dir := storeFlag(cmd)
	since := cmd.Flags().String("since", "", "number of a commit, or file of an earlier backup: write only what has changed since")
	asJSON := cmd.Flags().Bool("json", false, "print what was written as JSON (needs FILE)")
	quiet := cmd.Flags().Bool("quiet", false, "show no progress")
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		path := ""
		if len(list) > 0 && list[0] != "-" {
			path = list[0]
		}
		if path == "" && isTerminal(a.stdout) {
			return usageError{errors.New("a backup is not text: name a file, or redirect standard output")}
		}
		if path == "" && *asJSON {
			return usageError{errors.New("--json needs a file: standard output is for the backup")}
		}
		commit, err := sinceCommit(*since)
		if err != nil {
			return err
		}
		line, done := a.statusLine(*quiet)
		o := badgerstore.BackupOptions{Since: commit, Progress: func(p badgerstore.BackupProgress) { line(backupLine("", p)) }}
		var info badgerstore.BackupInfo
		err = a.withStore(*dir, func(st *badgerstore.Store) error {
			return a.atomically(path, func(w io.Writer) (err error) {
				info, err = st.Backup(cmd.Context(), leaving(w, path, *dir, st.Reserve()), o)
				return err
			})
		})
		if errors.Is(err, store.ErrLocked) {
			locked := err
			err = a.atomically(path, func(w io.Writer) (err error) {
				copied := &progressWriter{w: w, show: func(n int64) { line(formatBytes(n)) }}
				info, err = a.askBackup(cmd.Context(), *dir, locked, commit, path, copied)
				return err
			})
		}
		done()
		switch {
		case errors.Is(err, store.ErrNoCommit) && commit > 0:
			return fmt.Errorf("%w; older states are kept as the retention of the store asks, see triplestore log", err)
		case err != nil || path == "":
			return err
		case *asJSON:
			return a.printJSON(info)
		}
		size := int64(0)
		if f, err := os.Stat(path); err == nil {
			size = f.Size()
		}
		from := ""
		if commit > 0 {
			from = fmt.Sprintf(" since commit %d", commit)
		}
		_, err = fmt.Fprintf(a.stdout, "%s: commit %d%s, %s in all, %s\n", path, info.Commit, from, plural(info.Quads, "quad"), formatBytes(size))
		return err
	}
	return cmd
}

// progressWriter shows how much went through it.
type progressWriter struct {
	w    io.Writer
	n    int64
	show func(int64)
}

func (p *progressWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	p.show(p.n)
	return n, err
}

func backupLine(name string, p badgerstore.BackupProgress) string {
	s := formatCount(p.Items) + " terms and quads, " + formatBytes(p.Bytes)
	if p.Total > 0 {
		s += fmt.Sprintf(", %d%%", p.Items*100/p.Total)
	}
	if name != "" {
		s = name + ": " + s
	}
	return s
}

// sinceCommit reads the number of a commit, or that of a backup.
func sinceCommit(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n, nil
	}
	f, err := os.Open(s)
	if err != nil {
		return 0, usageError{fmt.Errorf("--since is the number of a commit or the file of a backup: %w", err)}
	}
	defer f.Close()
	info, err := badgerstore.ReadBackupInfo(f, s)
	return info.Commit, err
}

// leaving is w, which writes the file of that path, with an error that wraps diskspace.ErrFull instead of taking what has to stay free for the store
// where both are on one file system.
func leaving(w io.Writer, path, store string, reserve uint64) io.Writer {
	if folder := filepath.Dir(path); path != "" && diskspace.Same(folder, store) {
		return &leavingWriter{w: w, folder: folder, reserve: reserve}
	}
	return w
}

type leavingWriter struct {
	w       io.Writer
	folder  string
	reserve uint64
	checked int // bytes for which there was room
}

// leavingStep is after how many bytes it is looked again what is free.
const leavingStep = 1 << 20

func (l *leavingWriter) Write(b []byte) (int, error) {
	if len(b) > l.checked {
		n := max(leavingStep, len(b))
		if err := diskspace.Check(l.folder, l.reserve+uint64(n)); err != nil {
			return 0, fmt.Errorf("%w, of which most is kept for the store", err)
		}
		l.checked = n
	}
	n, err := l.w.Write(b)
	l.checked -= n
	return n, err
}

// atomically hands f standard output, or a file that appears under its name only when it is complete and on disk.
func (a *app) atomically(path string, f func(io.Writer) error) (err error) {
	if path == "" {
		out := bufio.NewWriterSize(pipeWriter{a.stdout}, 1<<18)
		return errors.Join(f(out), out.Flush())
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if err != nil && !renamed {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}()
	out := bufio.NewWriterSize(tmp, 1<<18)
	if err := errors.Join(f(out), out.Flush(), tmp.Chmod(0o644), tmp.Sync()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	renamed = true
	return errors.Join(tmp.Close(), syncNames(filepath.Dir(path)))
}

// syncNames makes the names in a folder durable. It is a variable for tests.
var syncNames = func(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // some file systems sync no folders
		err = nil
	}
	return errors.Join(err, d.Close())
}

func (a *app) restore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore [flags] FILE|- ...",
		Short: "Make a store of backups",
		Long: `Makes a store of a full backup and of the incremental ones that follow on it, in this order, in a folder that is empty or not
there yet. It is checked as triplestore verify does, and appears only when all is well. A backup that is damaged or truncated is
refused, with the place.

` + exitHelp,
		Example: `  triplestore restore --store new monday.tsb tuesday.tsb
  ssh host cat store.tsb | triplestore restore --store new -`,
		Args: args(cobra.MinimumNArgs(1)),
	}
	dir := storeFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print the report of the check as JSON")
	quiet := cmd.Flags().Bool("quiet", false, "show no progress")
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		sources := make([]badgerstore.BackupSource, len(list))
		for i, path := range list {
			sources[i] = badgerstore.BackupFile(path)
			if path == "-" {
				sources[i] = badgerstore.BackupSource{Name: "standard input", Open: func() (io.ReadCloser, error) { return io.NopCloser(a.stdin), nil }}
			}
		}
		line, done := a.statusLine(*quiet)
		report, err := badgerstore.Restore(cmd.Context(), *dir, badgerstore.Options{}, sources, badgerstore.RestoreOptions{
			Progress: func(name string, p badgerstore.BackupProgress) { line(backupLine(name, p)) },
			Check:    func(p badgerstore.CheckProgress) { line(checkLine(p)) },
		})
		done()
		if err != nil {
			return err
		}
		if *asJSON {
			return a.printJSON(report)
		}
		_, err = fmt.Fprintf(a.stdout, "%s: commit %d, %s, %s, checked\n", *dir, report.Commit, plural(report.Quads, "quad"), plural(report.Terms, "term"))
		return err
	}
	return cmd
}
