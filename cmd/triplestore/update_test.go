package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func post(ts *testscript.TestScript, _ bool, args []string) {
	address := strings.TrimSuffix(ts.Getenv("URL"), "/") + "/update"
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, strings.NewReader(args[1]))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/sparql-update")
	if len(args) > 2 {
		r.Header.Set("Authorization", "Bearer "+args[2])
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
