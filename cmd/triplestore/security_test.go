package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"triplestore/server"
)

// writePair makes a certificate for localhost with a serial number.
func writePair(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1)
	f := securityFlags{tlsCert: cert, tlsKey: key, forwarded: "x-forwarded-for"}
	s, err := f.apply(&server.Config{})
	if err != nil || s.tls == nil || len(s.again) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = tls.NewListener(l, s.tls)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				c.(*tls.Conn).HandshakeContext(t.Context()) //nolint:errcheck // the client tells
				c.Close()
			}()
		}
	}()
	serial := func(config *tls.Config) (int64, error) {
		config.InsecureSkipVerify = true //nolint:gosec // the test looks at the certificate itself
		c, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			return 0, err
		}
		defer c.Close()
		return c.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	if n, err := serial(&tls.Config{}); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := serial(&tls.Config{MaxVersion: tls.VersionTLS11}); err == nil { //nolint:gosec // it should not work
		t.Error("TLS 1.1 is spoken")
	}
	writePair(t, cert, key, 2)
	if err := s.again[0].read(); err != nil {
		t.Fatal(err)
	}
	if n, err := serial(&tls.Config{}); err != nil || n != 2 {
		t.Errorf("after a change: %d, %v", n, err)
	}
	if err := os.WriteFile(key, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.again[0].read(); err == nil {
		t.Error("a key that is none was read")
	}
	if n, err := serial(&tls.Config{}); err != nil || n != 2 {
		t.Errorf("after a mistake: %d, %v", n, err)
	}
}

func TestSecurityFlags(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]securityFlags{
		"half a pair": {tlsCert: "x", forwarded: "forwarded"}, "no proxy": {proxies: []string{"example.org"}, forwarded: "forwarded"},
		"another header": {forwarded: "x-real-ip"}, "no file": {access: "/does/not/exist", forwarded: "forwarded"},
	} {
		var usage usageError
		if _, err := f.apply(&server.Config{}); !errors.As(err, &usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := securityFlags{audit: filepath.Join(t.TempDir(), "missing", "audit.log"), forwarded: "forwarded"}
	if _, err := f.apply(&server.Config{}); err == nil {
		t.Error("an audit log in a folder that is not there")
	}
}
