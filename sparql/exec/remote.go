package exec

import (
	"context"
	"errors"

	"triplestore/sparql/results"
)

// ServiceClient asks SPARQL endpoints for what SERVICE wants (https://www.w3.org/TR/sparql11-federated-query/). It is called by several
// queries at once.
type ServiceClient interface {
	// Select sends a SELECT query to an endpoint and calls h while the answer comes in, from the calling goroutine. It returns when
	// the answer is complete, and soon after ctx has ended. An answer that is cut short is an error.
	Select(ctx context.Context, endpoint, query string, h results.Handler) error
	// Check reports why an endpoint may not be asked at all, without asking it.
	Check(endpoint string) error
}

// ErrServiceRefused is the error of a SERVICE that is not allowed: that sparql.Options.Service, or --allow-service, does not name.
var ErrServiceRefused = errors.New("this endpoint is not allowed; whoever runs the store can allow it with --allow-service ORIGIN")

// ServiceError is the error of a query whose SERVICE, without SILENT, got no answer.
type ServiceError struct {
	// Endpoint is the IRI, or what is in its place.
	Endpoint string
	Err      error
}

// Error names the endpoint.
func (e *ServiceError) Error() string { return "SERVICE " + e.Endpoint + ": " + e.Err.Error() }

// Unwrap gives Err.
func (e *ServiceError) Unwrap() error { return e.Err }
