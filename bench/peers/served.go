package main

import (
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"strconv"
	"time"
)

// turns shares the time that an engine has among its queries.
type turns struct{ begin, end time.Time }

// share is how long the next of the queries that are left may take with all its repetitions, and how long until nothing is asked any more.
func (t turns) share(queries int) (s share) {
	if t.end.IsZero() {
		return share{each: 20 * time.Second, left: 24 * time.Hour}
	}
	s.left = time.Until(t.end)
	s.each = min(20*time.Second, s.left/time.Duration(queries))
	return s
}

type share struct{ each, left time.Duration }

// served is an engine's server, which is started when it is needed, again after it ended or was at a query for too long.
type served struct {
	s      *setting
	p      *process
	cl     *client
	watch  func() int64
	starts int
	peak   int64
	gone   string // why it is not started any more
}

const mostStarts = 25

// running starts the server if it does not run.
func (v *served) running() error {
	if v.p != nil && v.p.ended() {
		log.Printf("  the server ended: %v", v.p.err)
		v.stop()
	}
	if v.p != nil {
		return nil
	}
	if v.gone == "" && v.starts >= mostStarts {
		v.gone = fmt.Sprintf("the server was started %d times", v.starts)
	}
	if v.gone != "" {
		return errors.New(v.gone)
	}
	p, err := serve(v.s.engine, v.s.env, v.s.logFile, v.s.port)
	if err != nil {
		v.gone = err.Error()
		return err
	}
	v.starts++
	v.p, v.cl, v.watch = p, newClient(v.s.port, v.s.engine.endpoint), p.watch()
	return nil
}

func (v *served) stop() {
	if v.p == nil {
		return
	}
	v.peak = max(v.peak, v.watch())
	v.cl.close()
	v.p.stop()
	v.p = nil
}

// answer gives a query its turn.
func (v *served) answer(q *query, c *config, t share) *answer {
	if t.left <= 0 {
		return &answer{Error: "not asked: the engine's " + c.budget.String() + " were used up"}
	}
	if err := v.running(); err != nil {
		return &answer{Error: "not asked: " + err.Error()}
	}
	a, late := measureQuery(v.cl, v.p, q, c, t)
	if a.Error != "" && !late {
		select { // a server that is going down refuses before it is gone
		case <-v.p.done:
			a.Error = fmt.Sprintf("the server ended: %v", v.p.err)
		case <-time.After(500 * time.Millisecond):
		}
	}
	if late { // it may still be at it
		v.stop()
	}
	return a
}

// warm lets wrk ask small queries for a while that nothing is measured of: engines that compile while they run become several times quicker by it.
func (v *served) warm(targets []string, d time.Duration) error {
	if d <= 0 || len(targets) == 0 {
		return nil
	}
	if err := v.running(); err != nil {
		return err
	}
	x, err := askSmall(v.cl.base, targets, 8, d)
	if err != nil {
		return err
	}
	log.Printf("  warming up, 8 clients: %.0f/s", x.perSecond)
	return nil
}

// points lets wrk ask small queries and says what was wrong.
func (v *served) points(r *result, targets []string, c *config) string {
	for _, clients := range []int{1, 8} {
		if err := v.running(); err != nil {
			return err.Error()
		}
		m, err := throughput(v.cl.base, targets, clients, c.points)
		if err == nil && v.p.ended() {
			err = fmt.Errorf("the server ended: %w", v.p.err)
		}
		if err != nil {
			log.Printf("  points, %d clients: %v", clients, err)
			return fmt.Sprintf("%d clients: %v", clients, err)
		}
		r.Points[strconv.Itoa(clients)] = m
		log.Printf("  points, %d clients: %.0f/s, p99 %.2f ms", clients, m.PerSecond, m.P99Ms)
	}
	return ""
}

// serve starts the server and waits until it answers.
func serve(e *engine, env []string, logFile string, port int) (*process, error) {
	p, err := start(e.serve, env, logFile)
	if err != nil {
		return nil, err
	}
	c := newClient(port, e.endpoint)
	defer c.close()
	for begin := time.Now(); time.Since(begin) < 3*time.Minute; {
		select {
		case <-p.done:
			return nil, fmt.Errorf("the server does not start: %v; see %s", p.err, filepath.Base(logFile))
		case <-time.After(100 * time.Millisecond):
		}
		if _, _, err := c.ask(&query{text: "ASK { ?s ?p ?o }"}, 10*time.Second, counter{}); err == nil {
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("the server does not answer; see %s", filepath.Base(logFile))
}
