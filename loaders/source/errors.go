package source

import (
	"context"
	"errors"
	"fmt"

	"triplestore/internal/egress"
)

// Class is what went wrong with a source as a whole. The names are part of the report.
type Class string

// The classes of errors.
const (
	// Unavailable: the source does not answer, or not in time.
	Unavailable Class = "unavailable"
	// NotFound: the source is not there (404, 410, no such file).
	NotFound Class = "not-found"
	// Refused: the source does not let us, or the guard of outgoing requests does not.
	Refused Class = "refused"
	// Invalid: what the source answered is not what it should be.
	Invalid Class = "invalid"
	// Rejects: something was rejected, and the harvest is strict.
	Rejects Class = "rejects"
	// TooLarge: a limit on size, pages or time was reached.
	TooLarge Class = "too-large"
	// Interrupted: the harvest was stopped.
	Interrupted Class = "interrupted"
	// Internal: anything else, such as a full disk.
	Internal Class = "internal"
)

// Error is an error with a class.
type Error struct {
	Class Class
	Err   error
}

// Error is the text of the error inside.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the error inside.
func (e *Error) Unwrap() error { return e.Err }

// WithClass gives an error a class; nil stays nil.
func WithClass(c Class, err error) error {
	if err == nil {
		return nil
	}
	return &Error{c, err}
}

// Errorf makes an error with a class.
func Errorf(c Class, format string, args ...any) error { return &Error{c, fmt.Errorf(format, args...)} }

// ClassOf finds the class of an error.
func ClassOf(err error) Class {
	var e *Error
	var limit *egress.LimitError
	var refused *egress.RefusedError
	var timeout *egress.TimeoutError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &limit):
		return TooLarge
	case errors.As(err, &refused):
		return Refused
	case errors.As(err, &timeout):
		return Unavailable
	case errors.As(err, &e):
		return e.Class
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}
