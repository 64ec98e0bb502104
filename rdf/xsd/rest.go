package xsd

import "strings"

// The digits of a second behind the ninth, which nearly no value has, are kept as text: without zeros at the end, and with a '-' before
// them where they belong to a negative duration.

func compareRest(a, b string) int {
	minusA, minusB := strings.HasPrefix(a, "-"), strings.HasPrefix(b, "-")
	switch {
	case minusA && minusB:
		return strings.Compare(b, a)
	case minusA:
		return -1
	case minusB:
		return 1
	}
	return strings.Compare(a, b)
}

func negateRest(s string) string {
	if s == "" {
		return ""
	}
	if digits, ok := strings.CutPrefix(s, "-"); ok {
		return digits
	}
	return "-" + s
}

// addRest adds two. The sum is a number of nanoseconds and a rest that is not negative.
func addRest(a, b string) (carry int64, rest string) {
	if a == "" && b == "" {
		return 0, ""
	}
	a, signA := strings.CutPrefix(a, "-")
	b, signB := strings.CutPrefix(b, "-")
	sum := make([]byte, max(len(a), len(b)))
	digit := func(s string, minus bool, i int) int64 {
		switch {
		case i >= len(s):
			return 0
		case minus:
			return -int64(s[i] - '0')
		}
		return int64(s[i] - '0')
	}
	for i := len(sum) - 1; i >= 0; i-- {
		n := digit(a, signA, i) + digit(b, signB, i) + carry
		carry = floorDiv(n, 10)
		sum[i] = byte('0' + n - 10*carry)
	}
	return carry, strings.TrimRight(string(sum), "0")
}
