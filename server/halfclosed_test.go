package server

import (
	"io"
	"net"
	"strings"
	"testing"
)

// TestHalfClosed: a client that ends its side of the connection before its request is there, or before the answer is, is not told that all went well.
func TestHalfClosed(t *testing.T) {
	t.Parallel()
	b := newBlocking(t)
	srv := testServer(t, b, withToken)
	head := "Host: x\r\nAuthorization: Bearer " + token + "\r\n"
	for _, request := range []string{
		"PUT /graphs?graph=x:g HTTP/1.1\r\n" + head + "Content-Type: text/turtle\r\nContent-Length: 100\r\n\r\n<x:a> <x:p> 1 .",
		"POST /update HTTP/1.1\r\n" + head + "Content-Type: application/sparql-update\r\nContent-Length: 100\r\n\r\nINSERT DATA {",
		"GET " + allQuery + " HTTP/1.1\r\n" + head + "\r\n", "GET " + allQuery + " HTTP/1.1\r\n" + head + "Accept: text/html\r\n\r\n",
		"GET " + allQuery + " HTTP/1.1\r\n" + head + "Accept-Encoding: gzip\r\n\r\n", "GET /id/ds HTTP/1.1\r\n" + head + "\r\n",
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(request, "GET") {
			<-b.started
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if strings.Contains(string(answer), " 200 ") {
			t.Errorf("%.60q: %q, %v", request, answer, err)
		}
		conn.Close()
	}
}
