package validate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// counts prepares an expectation that a count of the pass lies within bounds.
func counts(noun string, b interval, count func(*seen) int64) verdict {
	return func(_ context.Context, s *seen, r *Result) error {
		n := count(s)
		r.judgeValue(float64(n), strconv.FormatInt(n, 10)+" "+noun, b, "")
		return nil
	}
}

func rowsOf(s *seen) int64    { return s.rows }
func columnsOf(s *seen) int64 { return int64(len(s.header)) }

func rowCountBetween(rq *request) verdict { return counts("rows", rq.interval(rq.whole), rowsOf) }
func columnCountBetween(rq *request) verdict {
	return counts("columns", rq.interval(rq.whole), columnsOf)
}
func rowCountEqual(rq *request) verdict    { return counts("rows", rq.equal(), rowsOf) }
func columnCountEqual(rq *request) verdict { return counts("columns", rq.equal(), columnsOf) }

// equal reads the argument value as an interval of one number.
func (rq *request) equal() interval {
	rq.need("value")
	v := rq.whole("value")
	return interval{min: v, max: v}
}

// columnsMatchSet compares all columns of the header, undeclared ones too, with
// a set; without exact_match there may be more.
func columnsMatchSet(rq *request) verdict {
	set, exact := rq.names("column_set"), rq.truth("exact_match", true)
	return func(_ context.Context, s *seen, r *Result) error {
		r.observeNames(s.header)
		if set == nil { // a null set is matched by anything
			r.Success = true
			return nil
		}
		missing, more := without(set, s.header), without(s.header, set)
		if !exact {
			more = nil
		}
		r.Success = len(missing)+len(more) == 0
		r.Reason = lists("missing", missing, "not expected", more)
		return nil
	}
}

// columnsMatchList compares the header with a list, in order.
func columnsMatchList(rq *request) verdict {
	list := rq.names("column_list")
	return func(_ context.Context, s *seen, r *Result) error {
		r.observeNames(s.header)
		r.Success = list == nil || slices.Equal(list, s.header)
		for i := 0; !r.Success && r.Reason == ""; i++ {
			want, found := at(list, i), at(s.header, i)
			if want != found {
				r.Reason = fmt.Sprintf("column %d is %s, expected %s", i+1, found, want)
			}
		}
		return nil
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return fmt.Sprintf("%q", list[i])
	}
	return "none"
}

// columnExists looks for a column in the header, at column_index, counted from
// 0, where that is given.
func columnExists(rq *request) verdict {
	index := rq.whole("column_index")
	name := rq.declared("column", rq.expectation.Column).name
	rq.columns = []string{name}
	// The header is asked and not the frames, so that a column of a file
	// without rows counts as there.
	return func(_ context.Context, s *seen, r *Result) error {
		found := slices.Index(s.header, name)
		r.Success = found >= 0 && (index == nil || float64(found) == *index)
		r.Observed = "absent"
		if found >= 0 {
			r.Observed = fmt.Sprintf("at index %d", found)
		}
		return nil
	}
}

// observeNames notes the columns that were found.
func (r *Result) observeNames(names []string) {
	r.ObservedNames = names
	r.Observed = plan.Counted(len(names), "column")
}

// without returns what of a is not in b.
func without(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// lists writes pairs of a label and a list, leaving out empty lists.
func lists(pairs ...any) string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		list, _ := pairs[i+1].([]string)
		if len(list) == 0 {
			continue
		}
		s := fmt.Sprintf("%s: %s", pairs[i], strings.Join(list[:min(len(list), MaxExamples)], ", "))
		if more := len(list) - MaxExamples; more > 0 {
			s += fmt.Sprintf(" and %d more", more)
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}
