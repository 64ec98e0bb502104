package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"triplestore/store"
	"triplestore/store/badgerstore"
)

// momentValue is a flag that names a state of the store.
type momentValue struct{ store.Moment }

// Type names the kind of value in the help.
func (m *momentValue) Type() string { return "COMMIT|TIME" }

func (m *momentValue) String() string {
	if m == nil || m.Newest() {
		return ""
	}
	return m.Moment.String()
}

// Set reads the value.
func (m *momentValue) Set(s string) (err error) {
	m.Moment, err = store.ParseMoment(s)
	return err
}

// atFlag adds the flag that chooses an older state.
func atFlag(cmd *cobra.Command) *momentValue {
	var m momentValue
	cmd.Flags().Var(&m, "at", "an older state: the number of a commit, or a time such as 2026-11-27T12:00:00Z; triplestore log lists them")
	return &m
}

// retentionValue is a flag for which older states a store keeps.
type retentionValue struct {
	badgerstore.Retention
	set bool
}

// Type names the kind of value in the help.
func (r *retentionValue) Type() string { return "N|TIME" }

func (r *retentionValue) String() string {
	if r == nil || !r.set {
		return ""
	}
	return formatRetention(r.Retention)
}

// Set reads the value.
func (r *retentionValue) Set(s string) (err error) {
	r.Retention, err = parseRetention(s)
	r.set = err == nil
	return err
}

// options are those of a store whose retention the flag sets.
func (r *retentionValue) options() badgerstore.Options {
	if !r.set {
		return badgerstore.Options{}
	}
	return badgerstore.Options{Retention: &r.Retention}
}

func retentionFlag(cmd *cobra.Command) *retentionValue {
	var r retentionValue
	cmd.Flags().Var(&r, "retention", `older states to keep from now on: a number of commits, a time such as 30d or 12h, both as "100,30d", "all" or "none"; `+
		"the store remembers it (a new store keeps none)")
	return &r
}

const day = 24 * time.Hour

// parseRetention reads "100", "30d", "100,30d", "all" and "none".
func parseRetention(s string) (r badgerstore.Retention, err error) {
	switch strings.TrimSpace(s) {
	case "none":
		return r, nil
	case "all":
		return badgerstore.Retention{Commits: keepAll}, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if n, err := strconv.ParseUint(part, 10, 63); err == nil && r.Commits == 0 {
			r.Commits = n
			continue
		}
		d, err := parseDays(part)
		if err != nil || d <= 0 || r.For != 0 {
			return r, fmt.Errorf(`%q is no retention; it should be a number of commits, a time such as 30d, both as "100,30d", "all" or "none"`, s)
		}
		r.For = d
	}
	return r, nil
}

const keepAll = 1<<63 - 1

// parseDays reads a duration that may have days.
func parseDays(s string) (time.Duration, error) {
	text, ok := strings.CutSuffix(s, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, errors.New("no number of days")
	}
	return time.Duration(n) * day, nil
}

func formatRetention(r badgerstore.Retention) string {
	var parts []string
	switch {
	case r.Commits >= keepAll:
		return "all"
	case r.Commits > 0:
		parts = append(parts, strconv.FormatUint(r.Commits, 10))
	}
	switch {
	case r.For >= day && r.For%day == 0:
		parts = append(parts, strconv.FormatInt(int64(r.For/day), 10)+"d")
	case r.For > 0:
		parts = append(parts, r.For.String())
	case len(parts) == 0:
		return "none"
	}
	return strings.Join(parts, ",")
}
