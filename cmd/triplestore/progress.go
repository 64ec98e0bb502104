package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"triplestore/loaders"
	"triplestore/store"
)

// progress shows how a load comes along on standard error: a bar on a terminal, a line now and then elsewhere.
func (a *app) progress(quiet bool) (show func(loaders.Progress), done func()) {
	if isTerminal(a.stderr) {
		return a.bar()
	}
	if quiet {
		return nil, func() {}
	}
	last := time.Now()
	return func(p loaders.Progress) {
		if p.Done || time.Since(last) < plainInterval {
			return
		}
		last = time.Now()
		fmt.Fprintln(a.stderr, progressLine(&p))
	}, func() {}
}

func progressLine(p *loaders.Progress) string {
	if p.Committing { // short, so that all of it is seen on a narrow terminal
		return plural(p.Statements, "triple") + ", " + buildingLine(p.Built, p.Building)
	}
	s := fmt.Sprintf("%s of %s, %s, %s triples/s, %s", formatCount(p.Files), plural(p.TotalFiles, "document"), plural(p.Statements, "triple"),
		formatCount(int64(p.Rate())), formatBytes(p.Bytes))
	if p.TotalBytes > 0 {
		s += " of " + formatBytes(p.TotalBytes)
	}
	if left, ok := p.Left(); ok {
		s += ", " + left.Round(time.Second).String() + " left"
	}
	return s
}

// buildingLine tells what the store does after everything is read. Rows are those of all orders.
func buildingLine(b store.Built, since time.Duration) string {
	switch b.Phase {
	case store.Sorting:
		return "sorting"
	case store.Syncing:
		return "syncing"
	case store.Writing:
	default:
		return "writing"
	}
	s := fmt.Sprintf("writing order %d of %d", min(b.Orders+1, int(store.NumOrders)), store.NumOrders)
	if b.TotalRows > 0 {
		s += fmt.Sprintf(", %.0f %%", min(100*float64(b.Rows)/float64(b.TotalRows), 100))
	}
	if since > time.Second {
		s += fmt.Sprintf(", %s rows/s", formatCount(int64(float64(b.Rows)/since.Seconds())))
	}
	return s
}

func (a *app) bar() (show func(loaders.Progress), done func()) {
	var now atomic.Pointer[loaders.Progress]
	now.Store(&loaders.Progress{})
	p := mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(20), mpb.WithRefreshRate(150*time.Millisecond))
	bar := p.AddBar(0, mpb.BarRemoveOnComplete(), mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + progressLine(now.Load()) })))
	return func(s loaders.Progress) {
			now.Store(&s)
			if s.Committing && s.Built.TotalRows > 0 {
				bar.SetTotal(s.Built.TotalRows, false)
				bar.SetCurrent(s.Built.Rows)
				return
			}
			if s.TotalBytes > 0 {
				bar.SetTotal(s.TotalBytes, false)
			}
			bar.SetCurrent(s.Bytes)
		}, func() {
			bar.Abort(true)
			p.Wait()
		}
}
