package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"triplestore/store"
)

// A step brings a store from one format to the next. It changes nothing that the older format needs before its last write, the
// root, and it may be run again on a store on which it was run before: the number in the manifest is raised after it.
type step struct {
	title string
	run   func(ctx context.Context, p Pages) error
}

// formats is which format a program writes and how it gets there from older ones.
type formats struct {
	newest uint16
	steps  map[uint16]step // by the format that a step begins with
	raise  func(dir string, version uint16) error
}

// known are the formats of this program. Whoever raises formatVersion adds the step from the one before it.
var known = formats{newest: formatVersion, raise: writeFormat, steps: map[uint16]step{
	1: {"the root gets room for history and extensions", func(_ context.Context, p Pages) error {
		b, err := p.Root()
		if err != nil || b == nil {
			return err
		}
		r, err := decodeRoot(b) // reads both
		if err != nil {
			return err
		}
		return p.SwapRoot(r.encode())
	}},
	2: {"the relations are counted and written anew, which takes as much disk again for a while; older states are dropped", recount},
}}

// manifestMagic is what Badger's manifest begins with; two bytes of our own follow.
const manifestMagic = "Bdgr"

const manifest = "MANIFEST"

// readFormat reads the version that Badger's manifest carries for us, 0 where there is no store yet.
func readFormat(dir string) (uint16, error) {
	f, err := os.Open(filepath.Join(dir, manifest))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	defer f.Close()
	var head [8]byte
	if _, err := f.ReadAt(head[:], 0); err != nil || string(head[:4]) != manifestMagic {
		return 0, fmt.Errorf("%w: %s holds a MANIFEST that is not Badger's; choose another directory or restore a backup", store.ErrFormat, dir)
	}
	return binary.BigEndian.Uint16(head[4:]), nil
}

// Exists reports whether there is a store in a directory, be it a damaged one.
func Exists(dir string) (bool, error) {
	switch _, err := os.Stat(filepath.Join(dir, manifest)); {
	case err == nil:
		return true, nil
	case errors.Is(err, os.ErrNotExist):
		return len(begun(dir)) > 0, nil
	default:
		return false, err
	}
}

// check tells whether the store in a directory can be opened as it is: Badger's own message would not tell what to do.
func (f formats) check(dir string) (upgrade bool, err error) {
	v, err := readFormat(dir)
	switch {
	case err != nil:
		return false, err
	case v == 0 || v == f.newest:
		return false, nil
	case v > f.newest:
		return false, fmt.Errorf("%w: %s has format %d and this program knows formats up to %d; open it with a newer program, or with that one "+
			"dump it and load the dump into a new directory", store.ErrFormat, dir, v, f.newest)
	}
	for at := v; at < f.newest; at++ {
		if _, ok := f.steps[at]; !ok {
			return false, fmt.Errorf("%w: %s has format %d and this program cannot bring it to format %d; "+
				"dump it with the program that wrote it and load the dump into a new directory", store.ErrFormat, dir, v, f.newest)
		}
	}
	return true, fmt.Errorf("%w: %s has format %d and this program works with format %d; copy the directory as a backup, then run "+
		"\"triplestore upgrade\" on it, after which older programs cannot open it", store.ErrFormat, dir, v, f.newest)
}

// Upgrade brings the store in a directory to the format of this program, one step after the other; a store that has it already
// is left alone. It can be run again after it was interrupted. Programs that know only the older format cannot open the store
// afterwards, and there is no way back: copy the directory before. tell gets a line about every step.
func Upgrade(ctx context.Context, dir string, o Options, tell func(string)) error {
	return known.upgrade(ctx, dir, o.withDefaults(), tell)
}

func (f formats) upgrade(ctx context.Context, dir string, o Options, tell func(string)) error {
	for {
		v, err := readFormat(dir)
		if err != nil {
			return err
		}
		if v == 0 {
			return fmt.Errorf("store: there is none in %s", dir)
		}
		if v == f.newest {
			return nil
		}
		if possible, err := f.check(dir); !possible {
			return err
		}
		st := f.steps[v]
		if tell != nil {
			tell(fmt.Sprintf("format %d to %d: %s", v, v+1, st.title))
		}
		if err := f.runStep(ctx, dir, o, v, st); err != nil {
			return fmt.Errorf("store: upgrade %s from format %d: %w", dir, v, err)
		}
	}
}

func (f formats) runStep(ctx context.Context, dir string, o Options, v uint16, st step) error {
	p, err := openAs(dir, o, v)
	if err != nil {
		return err
	}
	if err := st.run(ctx, p); err != nil {
		return errors.Join(err, p.Close())
	}
	p.last = func() error { return f.raise(dir, v+1) }
	return p.Close()
}

// writeFormat changes the version in the manifest, in a copy that takes its place: a crash leaves the old or the new one.
func writeFormat(dir string, v uint16) error {
	path := filepath.Join(dir, manifest)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if len(b) < 8 || string(b[:4]) != manifestMagic {
		return fmt.Errorf("malformed manifest: %w", store.ErrCorrupt)
	}
	binary.BigEndian.PutUint16(b[4:], v)
	tmp := path + ".upgrade"
	if err := writeSynced(tmp, b); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(dir)
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// makeDir makes a directory and those that it lies in, as far as they are not there, for good.
func makeDir(dir string) error {
	var made []string
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, os.ErrNotExist) {
			break
		}
		made = append(made, d)
	}
	err := os.MkdirAll(dir, 0o755)
	for _, d := range made {
		if err == nil {
			err = syncDir(filepath.Dir(d))
		}
	}
	return err
}

// syncDir makes names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
