package identity

import (
	"regexp"
	"strconv"
)

// class is what a variable may be. Numbers, which most are, need no regular expression.
type class struct {
	re       *regexp.Regexp
	min, max int // digits, where re is nil
}

var digits = regexp.MustCompile(`^\[0-9\]\{([0-9]{1,3})(?:,([0-9]{1,3}))?\}$`)

// parseClass reads the regular expression of a whole value.
func parseClass(text string) (*class, error) {
	if m := digits.FindStringSubmatch(text); m != nil {
		c := &class{}
		c.min, _ = strconv.Atoi(m[1]) // at most three digits
		if c.max = c.min; m[2] != "" {
			c.max, _ = strconv.Atoi(m[2])
		}
		if c.min <= c.max {
			return c, nil
		}
	}
	re, err := regexp.Compile("^(?:" + text + ")$")
	return &class{re: re}, err
}

func (c *class) match(s string) bool {
	if c.re != nil {
		return c.re.MatchString(s)
	}
	if len(s) < c.min || len(s) > c.max {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
