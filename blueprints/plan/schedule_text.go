package plan

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Cron is the schedule as any engine reads it: five fields of numbers, ranges
// and stars, without names, steps and descriptors. It is empty of a schedule
// with Every.
func (s Schedule) Cron() string {
	if s.Every > 0 {
		return ""
	}
	dom, dow := cronFields[2].text(s.Dom), cronFields[4].text(s.Dow)
	// Where neither is a star, either will do, so a full one makes every day
	// match. Engines differ in whether they take a full field for a star.
	if !s.AnyDom && !s.AnyDow && (dom == "*" || dow == "*") {
		dom, dow = "*", "*"
	}
	return strings.Join([]string{cronFields[0].text(s.Minute), cronFields[1].text(s.Hour), dom,
		cronFields[3].text(s.Month), dow}, " ")
}

// String is the schedule as Kubernetes and Argo take it.
func (s Schedule) String() string {
	if s.Every > 0 {
		return everyPrefix + s.Every.String()
	}
	return s.Cron()
}

// text writes the set as runs of values, or as a star where it has them all.
func (f cronField) text(set uint64) string {
	if bits.OnesCount64(set) == f.max-f.min+1 {
		return "*"
	}
	var terms []string
	for v := f.min; v <= f.max; v++ {
		if set>>v&1 == 0 {
			continue
		}
		last := v
		for last < f.max && set>>(last+1)&1 == 1 {
			last++
		}
		switch last - v {
		case 0:
			terms = append(terms, strconv.Itoa(v))
		case 1:
			terms = append(terms, strconv.Itoa(v), strconv.Itoa(last))
		default:
			terms = append(terms, fmt.Sprintf("%d-%d", v, last))
		}
		v = last
	}
	return strings.Join(terms, ",")
}
