// Command register writes generated units in the JSON of the Norwegian register of legal entities, for measurements:
//
//	go run ./bench/register -units 700000 -sub 500000 -o FOLDER
//
// makes enheter.json.gz and underenheter.json.gz, and sources.yaml for triplestore harvest. With -serve ADDRESS it then answers as the
// register's API does: its feed ends at once the first time, and afterwards names -changes units that have changed, so that the
// second harvest takes in a day.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"triplestore/internal/sourcetest"
)

func main() {
	units := flag.Int("units", 700_000, "main units")
	sub := flag.Int("sub", 500_000, "sub units")
	seed := flag.Uint64("seed", 1, "seed of the generator")
	out := flag.String("o", ".", "folder")
	serve := flag.String("serve", "", "address, such as 127.0.0.1:8099, at which the feed and single units are served")
	changes := flag.Int("changes", 5_000, "units that the feed names")
	flag.Parse()
	err := run(*units, *sub, *seed, *out, *serve)
	if err == nil && *serve != "" {
		err = serveFeed(*serve, *units, *changes, *seed+2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(units, sub int, seed uint64, out, serve string) error {
	if err := write(filepath.Join(out, "enheter.json.gz"), units, units, false, seed); err != nil {
		return err
	}
	if err := write(filepath.Join(out, "underenheter.json.gz"), sub, units, true, seed+1); err != nil {
		return err
	}
	feed := ""
	if serve != "" {
		feed = fmt.Sprintf(", feed: \"yes\", api: \"http://%s/api\"", serve)
	}
	config := "sources:\n  - {name: register, kind: enhetsregisteret, units: enheter.json.gz, sub-units: underenheter.json.gz" + feed + "}\n"
	return os.WriteFile(filepath.Join(out, "sources.yaml"), []byte(config), 0o644)
}

func write(path string, n, mains int, sub bool, seed uint64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	z := gzip.NewWriter(f)
	if err := sourcetest.WriteRegister(z, n, mains, sub, seed); err != nil {
		return err
	}
	return z.Close()
}
