package main

import (
	"flag"
	"fmt"
	"testing"
)

var memoryMost = flag.Int("memory", 64, "how many MiB BenchmarkMemory reads from at most")

// BenchmarkMemory tells what a read of eight bytes costs on this machine, by how much memory they are read from and how: in order, as a scan
// does; anywhere, each read known before those ahead of it have come, as where many keys are looked up side by side; and anywhere, each
// address taken from the read before, as in one search. It is the least that operators over so much data can take, and why a query
// may take more than ten times as long when data ten times as large leave the processor's caches.
func BenchmarkMemory(b *testing.B) {
	for mb := 1; mb <= *memoryMost; mb *= 4 {
		words := make([]uint64, mb<<17)
		for i := range words {
			words[i] = uint64(i) * 0x9E3779B97F4A7C15
		}
		mask := uint64(len(words) - 1)
		reads := func(name string, read func(n int) uint64) {
			b.Run(fmt.Sprintf("%s/%dMB", name, mb), func(b *testing.B) {
				sum := uint64(0)
				for b.Loop() {
					sum += read(memoryReads)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/memoryReads, "ns/read")
				b.ReportMetric(0, "ns/op")
				if sum == 1 {
					b.Log(sum) // so that the sum is needed
				}
			})
		}
		at := uint64(0)
		reads("in-order", func(n int) (sum uint64) {
			if at+uint64(n) > uint64(len(words)) {
				at = 0
			}
			for _, w := range words[at : at+uint64(n)] {
				sum += w
			}
			at += uint64(n)
			return sum
		})
		seed := uint64(1)
		reads("anywhere", func(n int) (sum uint64) {
			x := seed
			for range n {
				x = x*6364136223846793005 + 1442695040888963407
				sum += words[x>>20&mask]
			}
			seed = x
			return sum
		})
		reads("one-after-the-other", func(n int) uint64 {
			x := seed
			for range n {
				x = (x^words[x>>20&mask])*6364136223846793005 + 1442695040888963407
			}
			seed = x
			return x
		})
	}
}

// memoryReads is how many reads make one step of the benchmark.
const memoryReads = 1 << 17
