package turns

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// start serves a handler by net/http on connections that take turns and gives the address.
func start(t *testing.T, h http.HandlerFunc, change ...func(*http.Server)) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("connections take no turns here")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute, ConnContext: func(ctx context.Context, c net.Conn) context.Context { return Context(ctx, c.(*Conn)) }}
	for _, f := range change {
		f(s)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(Listen(l)); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// expect reads an answer and compares its body.
func expect(t *testing.T, r *bufio.Reader, body string) {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != body {
		t.Fatalf("%q, %v, want %q", b, err, body)
	}
}

func TestManyClients(t *testing.T) {
	t.Parallel()
	address := start(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%s %s", r.URL.RawQuery, b)
	})
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			client := http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for j := range 100 {
				body := strings.Repeat("x", j*i*10)
				resp, err := client.Post(fmt.Sprintf("http://%s/?%d.%d", address, i, j), "text/plain", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if want := fmt.Sprintf("%d.%d %s", i, j, body); err != nil || string(b) != want {
					t.Errorf("%.100q, %v, want %.100q", b, err, want)
				}
			}
		})
	}
	clients.Wait()
}

// TestClientLeaves looks whether a handler that takes long is told, also one whose client sent requests before.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	begun, told := make(chan struct{}), make(chan struct{})
	var requests atomic.Int32
	address := start(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			io.WriteString(w, "first")
			return
		}
		close(begun)
		<-r.Context().Done()
		close(told)
	})
	c := dial(t, address)
	send(t, c, get)
	expect(t, bufio.NewReader(c), "first")
	send(t, c, get)
	<-begun
	c.Close()
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Fatal("the handler was not told")
	}
}

// TestSlowHandler looks whether the connection of a client that was watched is good for more.
func TestSlowHandler(t *testing.T) {
	t.Parallel()
	address := start(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			t.Error("the client did not leave")
		case <-time.After(6 * unwatched):
		}
		io.WriteString(w, "slow")
	})
	c := dial(t, address)
	r := bufio.NewReader(c)
	for range 3 {
		send(t, c, get)
		expect(t, r, "slow")
	}
	send(t, c, get+get+get) // a client that does not wait for answers
	for range 3 {
		expect(t, r, "slow")
	}
}

func TestServerTimeouts(t *testing.T) {
	t.Parallel()
	const soon = 50 * time.Millisecond
	ok := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }
	for name, test := range map[string]struct {
		change func(*http.Server)
		text   string
	}{
		"header":               {func(s *http.Server) { s.ReadHeaderTimeout = soon }, "GET / HTTP/1.1\r\nHost:"},
		"idle":                 {func(s *http.Server) { s.IdleTimeout = soon }, get},
		"header of the second": {func(s *http.Server) { s.ReadHeaderTimeout = soon }, get + "GET / HTTP/1.1\r\nHost:"},
		"body":                 {func(s *http.Server) { s.ReadTimeout = soon }, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := ok
			if name == "body" {
				h = func(_ http.ResponseWriter, r *http.Request) {
					if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Error(err)
					}
				}
			}
			c := dial(t, start(t, h, test.change))
			send(t, c, test.text)
			if _, err := io.ReadAll(c); err != nil { // the end comes when the server closes
				t.Error(err)
			}
		})
	}
}

// pair is a connection that takes turns and the other end of it.
func pair(t *testing.T) (*Conn, net.Conn) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("connections take no turns here")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client := dial(t, l.Addr().String())
	c, err := Listen(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*Conn), client
}

func TestReadDeadline(t *testing.T) {
	t.Parallel()
	c, client := pair(t)
	buf := make([]byte, 10)
	begin := time.Now()
	for _, d := range []time.Duration{time.Hour, 20 * time.Millisecond, -time.Hour} { // each is earlier than the one before
		c.SetReadDeadline(begin.Add(d))
	}
	if _, err := c.Read(buf); !timedOut(err) {
		t.Error(err)
	}
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := c.Read(buf); !timedOut(err) {
		t.Error(err)
	}
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	time.AfterFunc(time.Millisecond, func() { c.SetReadDeadline(time.Now().Add(time.Hour)) }) // while it is read
	time.AfterFunc(60*time.Millisecond, func() { io.WriteString(client, "abc") })
	if n, err := c.Read(buf); n != 3 || err != nil {
		t.Error(n, err)
	}
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	io.WriteString(client, "d")
	if n, err := c.Read(buf); n != 1 || err != nil {
		t.Error(n, err)
	}
	c.SetReadDeadline(time.Time{}) // the earlier one, which the connection still has, is not valid any more
	time.AfterFunc(60*time.Millisecond, func() { io.WriteString(client, "ef") })
	if n, err := c.Read(buf); n != 2 || err != nil {
		t.Error(n, err)
	}
	time.AfterFunc(20*time.Millisecond, func() { c.SetReadDeadline(time.Unix(1, 0)) })
	if _, err := c.Read(buf); !timedOut(err) {
		t.Error(err)
	}
	c.SetReadDeadline(time.Time{})
	client.Close()
	if n, err := c.Read(buf); n != 0 || !errors.Is(err, io.EOF) {
		t.Error(n, err)
	}
}

func TestWriteDeadline(t *testing.T) {
	t.Parallel()
	c, client := pair(t)
	much := make([]byte, 64<<20)
	c.SetWriteDeadline(time.Now().Add(-time.Second))
	if n, err := c.Write(much[:1]); n != 0 || !timedOut(err) {
		t.Error(n, err)
	}
	c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	n, err := c.Write(much)
	if n == 0 || n == len(much) || !timedOut(err) {
		t.Error(n, err)
	}
	c.SetWriteDeadline(time.Time{})
	time.AfterFunc(20*time.Millisecond, func() { c.SetWriteDeadline(time.Now()) })
	more, err := c.Write(much)
	if more == len(much) || !timedOut(err) {
		t.Error(more, err)
	}
	c.SetWriteDeadline(time.Now().Add(time.Minute))
	got := make(chan int64)
	go func() {
		n, err := io.Copy(io.Discard, client)
		if err != nil {
			t.Error(err)
		}
		got <- n
	}()
	if n, err := c.Write(much); n != len(much) || err != nil {
		t.Error(n, err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Error(err)
	}
	if all := <-got; all != int64(n+more+len(much)) {
		t.Errorf("%d bytes came, %d were sent", all, n+more+len(much))
	}
	client.Close()
	for err = nil; err == nil; {
		_, err = c.Write(much[:1000])
	}
	if timedOut(err) {
		t.Error(err)
	}
	c.Close()
	if _, err := c.Write(much[:1]); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// TestLine looks whether a goroutine whose connection is ready can run after one has waited in the line, where only one runs at a time. So
// it is a process of its own.
func TestLine(t *testing.T) {
	t.Parallel()
	if os.Getenv("GOMAXPROCS") != "1" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLine$")
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, b)
		}
		return
	}
	c, client := pair(t)
	var read atomic.Int32
	go func() {
		buf := make([]byte, 10)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
			read.Add(1)
		}
	}()
	first := 0
	for i := range int32(100) {
		for int(read.Load()) < int(i) {
			runtime.Gosched()
		}
		time.Sleep(time.Millisecond) // until it waits for the client, and the line was not used for a while
		send(t, client, "x")
		others.wait()
		runtime.Gosched()
		if read.Load() == i+1 {
			first++
		}
	}
	if first < 80 { // once in a while the runtime runs first what has just been run
		t.Errorf("the connection was served %d times of 100", first)
	}
	var many sync.WaitGroup
	for range 20 {
		many.Go(func() {
			for range 100 {
				others.wait()
			}
		})
	}
	many.Wait()
}

// TestOtherConnections looks whether connections that are not the system's own are left alone.
func TestOtherConnections(t *testing.T) {
	t.Parallel()
	one, other := net.Pipe()
	defer other.Close()
	defer one.Close()
	c, err := Listen(pipe{one}).Accept()
	if err != nil || c != one {
		t.Errorf("%T, %v", c, err)
	}
}

type pipe struct{ net.Conn }

func (p pipe) Accept() (net.Conn, error) { return p.Conn, nil }
func (p pipe) Addr() net.Addr            { return p.LocalAddr() }
