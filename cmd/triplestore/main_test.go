package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"triplestore": func() { os.Exit(program()) }})
}

// TestScripts runs the program as its users do. Beside the usual commands there are:
//
//	status N COMMAND…   runs a command and wants its exit code to be N
//	serve ARGS…         starts triplestore serve on a free port; $URL is its address
//	stop                sends SIGTERM and wants exit code 0
//	kill                ends the server without warning
//	http STATUS PATH [ACCEPT [QUERY]]   asks the server; the body is stdout
//	await PATH ACCEPT REGEXP            asks until the body matches, at most a minute; the body is stdout
//	post STATUS UPDATE [TOKEN]          sends an update to the server; the body is stdout
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "serve": serve, "stop": stop, "http": request, "await": await, "post": post, "kill": kill,
		},
	})
}

func status(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case err == nil:
	case asExit(err, &exit):
		code = exit.ExitCode()
	default:
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError) //nolint:errorlint // testscript hands it on as it is
	*exit = e
	return ok
}

// servers are the running servers of scripts.
var servers sync.Map

type running struct {
	cmd    *exec.Cmd
	stderr *bytes.Buffer
}

func serve(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath("triplestore")
	for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		if info, serr := os.Stat(dir + "/triplestore"); serr == nil && !info.IsDir() {
			path, err = dir+"/triplestore", nil
			break
		}
	}
	ts.Check(err)
	cmd := exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0", "--json"}, args...)...) //nolint:gosec // a test
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"), tokenVariable+"="+ts.Getenv(tokenVariable))
	r := &running{cmd: cmd, stderr: &bytes.Buffer{}}
	cmd.Stderr = r.stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { cmd.Process.Kill() }) //nolint:errcheck // it has ended already
	var a announcement
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		cmd.Wait() //nolint:errcheck // the decoding failed for the same reason
		ts.Fatalf("serve: %v\n%s", err, r.stderr)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // a test
	ts.Setenv("URL", a.URL)
	servers.Store(ts, r)
}

func stop(ts *testscript.TestScript, _ bool, _ []string) {
	v, ok := servers.LoadAndDelete(ts)
	if !ok {
		ts.Fatalf("no server runs")
	}
	r := v.(*running)
	ts.Check(r.cmd.Process.Signal(syscall.SIGTERM))
	if err := r.cmd.Wait(); err != nil {
		ts.Fatalf("%v\n%s", err, r.stderr)
	}
}

func kill(ts *testscript.TestScript, _ bool, _ []string) {
	v, ok := servers.LoadAndDelete(ts)
	if !ok {
		ts.Fatalf("no server runs")
	}
	r := v.(*running)
	ts.Check(r.cmd.Process.Kill())
	r.cmd.Wait() //nolint:errcheck // it tells that it was killed
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[2])
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for body := []byte(nil); ; {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(ts.Getenv("URL"), "/")+args[0], nil)
		ts.Check(err)
		r.Header.Set("Accept", args[1])
		if resp, err := http.DefaultClient.Do(r); err == nil {
			body, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			ts.Check(err)
		}
		if want.Match(body) {
			_, err := ts.Stdout().Write(body)
			ts.Check(err)
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("%s does not get to %s:\n%s", args[0], args[2], body)
		case <-tick.C:
		}
	}
}

func request(ts *testscript.TestScript, _ bool, args []string) {
	address := strings.TrimSuffix(ts.Getenv("URL"), "/") + args[1]
	if len(args) > 3 {
		address += "?query=" + url.QueryEscape(args[3])
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	ts.Check(err)
	if len(args) > 2 {
		r.Header.Set("Accept", args[2])
	}
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if fmt.Sprint(resp.StatusCode) != args[0] {
		ts.Fatalf("status %d, want %s\n%s", resp.StatusCode, args[0], body)
	}
	_, err = ts.Stdout().Write(body)
	ts.Check(err)
}
