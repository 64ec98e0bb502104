package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client asks an engine, one query after the other, on a connection that stays open. The http.Client of Go hands each request to one goroutine and each
// answer to another, which costs a good part of what an engine takes for a small query; this one writes and reads by itself. It is not safe for
// concurrent use.
type client struct {
	base    string
	address string
	conn    net.Conn // nil: the next query opens one
	in      *bufio.Reader
	out     *bufio.Writer
	buf     []byte
}

func newClient(port int, endpoint string) *client {
	return clientOf(fmt.Sprintf("127.0.0.1:%d", port), endpoint)
}

func clientOf(address, endpoint string) *client {
	return &client{base: "http://" + address + endpoint, address: address, buf: make([]byte, 256<<10)}
}

func accept(q *query) string {
	if q.graph {
		return "application/n-triples, text/plain;q=0.5"
	}
	return "application/sparql-results+json"
}

// ask sends a query and gives the time until the whole answer was there.
func (c *client) ask(q *query, limit time.Duration, body io.Writer) (took time.Duration, n int64, err error) {
	return c.get("query="+url.QueryEscape(q.text), accept(q), limit, body)
}

// longestGet is how long parameters are in an address: some servers read 8 KiB of header.
const longestGet = 6 << 10

// get is ask with any parameters, which are a form where they are long.
func (c *client) get(params, accept string, limit time.Duration, body io.Writer) (took time.Duration, n int64, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, c.base+params, nil)
	if len(params) > longestGet {
		if req, err = http.NewRequestWithContext(context.Background(), http.MethodPost, c.base, strings.NewReader(params)); err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Accept", accept)
	begin := time.Now()
	resp, err := c.send(req, begin.Add(limit))
	if err != nil {
		return 0, 0, c.broken(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 200)) //nolint:errcheck // the status says enough
		c.close()
		return 0, 0, fmt.Errorf("status %d: %s", resp.StatusCode, strings.Join(strings.Fields(string(text)), " "))
	}
	n, err = io.CopyBuffer(body, struct{ io.Reader }{resp.Body}, c.buf)
	took = time.Since(begin)
	if err != nil {
		return took, n, c.broken(err)
	}
	if resp.Close {
		c.close()
	}
	return took, n, nil
}

// send sends a request and reads the header of the answer. A server may have closed the connection since the last one: then there is another.
func (c *client) send(req *http.Request, deadline time.Time) (*http.Response, error) {
	for {
		fresh := c.conn == nil
		if fresh {
			conn, err := (&net.Dialer{Deadline: deadline}).DialContext(req.Context(), "tcp", c.address)
			if err != nil {
				return nil, err
			}
			c.conn, c.in, c.out = conn, bufio.NewReaderSize(conn, 256<<10), bufio.NewWriter(conn)
		}
		if req.GetBody != nil { // the last attempt has read it
			req.Body, _ = req.GetBody() //nolint:errcheck // of a string
		}
		err := errors.Join(c.conn.SetDeadline(deadline), req.Write(c.out), c.out.Flush())
		if err == nil {
			_, err = c.in.Peek(1)
		}
		if err == nil {
			return http.ReadResponse(c.in, req)
		}
		late := errors.Is(err, context.DeadlineExceeded) || isTimeout(err)
		if c.close(); fresh || late {
			return nil, err
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// broken closes the connection after an error and makes that of a deadline the one of contexts.
func (c *client) broken(err error) error {
	c.close()
	if isTimeout(err) {
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return err
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}
