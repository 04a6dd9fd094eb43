package validate_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// truth is what pandas, numpy or scipy make of an expectation; see
// testdata/golden.py.
type truth struct {
	Expectation string          `json:"expectation"`
	Column      string          `json:"column"`
	Kwargs      args            `json:"kwargs"`
	Observed    json.RawMessage `json:"observed"`
	Unexpected  []int64         `json:"unexpected"` // rows
	Missing     *int64          `json:"missing"`
}

func golden(t *testing.T) (plan.Dataset, []truth) {
	t.Helper()
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var truths []truth
	if err := json.Unmarshal(text, &truths); err != nil {
		t.Fatal(err)
	}
	csv, err := os.ReadFile("testdata/golden.csv")
	if err != nil {
		t.Fatal(err)
	}
	ds := table(t, string(csv))
	for _, c := range truths {
		ds.Expect = append(ds.Expect, expect(c.Expectation, c.Column, c.Kwargs))
	}
	return ds, truths
}

func TestExpectationsComeToWhatPandasSays(t *testing.T) {
	ds, truths := golden(t)
	for _, memory := range []int{1, validate.DefaultMemoryBytes} {
		report := run(t, ds, validate.Options{TempDir: t.TempDir(), MemoryBytes: memory})
		for i, c := range truths {
			t.Run(fmt.Sprintf("%d bytes/%d %s", memory, i, c.Expectation),
				func(t *testing.T) { c.compare(t, report.Results[i]) })
		}
	}
}

func (c truth) compare(t *testing.T, r validate.Result) {
	t.Helper()
	if c.Missing != nil && r.MissingCount != *c.Missing {
		t.Errorf("%d missing, want %d", r.MissingCount, *c.Missing)
	}
	if c.Observed == nil {
		if r.UnexpectedCount != int64(len(c.Unexpected)) || r.Success != (len(c.Unexpected) == 0) {
			t.Errorf("%d unexpected (success %v), want %d", r.UnexpectedCount, r.Success, len(c.Unexpected))
		}
		for _, e := range r.Examples {
			if !slices.Contains(c.Unexpected, e.Row) {
				t.Errorf("row %d is shown as offending", e.Row)
			}
		}
		if len(c.Unexpected) > 0 && r.Examples[0].Row != c.Unexpected[0] {
			t.Errorf("the first example is row %d, want %d", r.Examples[0].Row, c.Unexpected[0])
		}
		return
	}
	var one float64
	if json.Unmarshal(c.Observed, &one) == nil {
		if r.ObservedValue == nil || !near(*r.ObservedValue, one) {
			t.Errorf("observed %s, want %v", r.Observed, one)
		}
		return
	}
	var several []float64
	if err := json.Unmarshal(c.Observed, &several); err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(several, r.ObservedValues, near) {
		t.Errorf("observed %v, want %v", r.ObservedValues, several)
	}
}

// near allows for the rounding of pandas' sums.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) }
