//go:build race

package sparql

// slowdown is how much longer the race detector lets work take, at least.
const slowdown = 4
