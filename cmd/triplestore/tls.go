package main

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"

	"triplestore/server"
)

// certificate is a certificate with its key that is read from files, again and again.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

// read reads the files; what does not fit together leaves the certificate as it was.
func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("--tls-cert and --tls-key: %w", err)
	}
	c.current.Store(&pair)
	return nil
}

// config is for a listener; connections that begin after a change have the new certificate.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: server.Protocols,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}
