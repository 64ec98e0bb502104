package badgerstore

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"triplestore/store"
)

// ownerFile tells who has the store open. It locks nothing, that is the flock on the directory; it is for the message.
const ownerFile = "OWNER"

// owner is the content of the file.
type owner struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// writeOwner is called by whoever has the lock. A failure costs only a better message for others.
func writeOwner(dir string) {
	host, _ := os.Hostname()
	b, err := json.Marshal(owner{PID: os.Getpid(), Host: host, Command: command(os.Args), Since: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return
	}
	tmp := filepath.Join(dir, ownerFile+".tmp")
	if os.WriteFile(tmp, append(b, '\n'), 0o644) == nil {
		_ = os.Rename(tmp, filepath.Join(dir, ownerFile))
	}
}

// command names the program and its subcommand and leaves out further arguments, which may hold secrets.
func command(args []string) string {
	if len(args) == 0 {
		return ""
	}
	name := filepath.Base(args[0])
	if len(args) > 1 && len(args[1]) <= 20 && strings.Trim(args[1], "abcdefghijklmnopqrstuvwxyz-") == "" && args[1][0] != '-' {
		name += " " + args[1]
	}
	return name
}

func removeOwner(dir string) { _ = os.Remove(filepath.Join(dir, ownerFile)) }

// lockedError says who holds the lock, as far as that is certain.
func lockedError(dir string) error {
	const advice = "stop it, or use another directory"
	o, ok := readOwner(dir)
	if !ok {
		return fmt.Errorf("%w: %s (%s)", store.ErrLocked, dir, advice)
	}
	return fmt.Errorf("%w: %s is in use by process %d (%s) on %s since %s; %s", store.ErrLocked, dir, o.PID, o.Command, o.Host,
		o.Since.Format(time.RFC3339), advice)
}

// readOwner believes the file only if it is of the process that wrote itself down when it took the lock: a process that was killed
// leaves its file behind. On the same host that process must also be there.
func readOwner(dir string) (o owner, ok bool) {
	b, err := os.ReadFile(filepath.Join(dir, ownerFile))
	if err != nil || json.Unmarshal(b, &o) != nil {
		return o, false
	}
	lock, err := os.ReadFile(filepath.Join(dir, "LOCK"))
	if err != nil {
		return o, false
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(lock))); err != nil || pid != o.PID {
		return o, false
	}
	if host, _ := os.Hostname(); host == o.Host && !alive(o.PID) {
		return o, false
	}
	return o, true
}
