package optimizer

// UnsupportedError is the error of a query that uses a feature that the engine does not have.
type UnsupportedError struct {
	// Feature names it as the specification does, for example "SERVICE".
	Feature string
}

// Error names the feature.
func (e *UnsupportedError) Error() string { return "unsupported: " + e.Feature }
