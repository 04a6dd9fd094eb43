package drift

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhereASideIsEmptyThereIsNothingToTell(t *testing.T) {
	some := &comparison{referenceCounts: []int64{1, 2}, currentCounts: []int64{0, 0}}
	for _, test := range tests {
		c := some
		if test.applies(&comparison{numeric: true}) && !test.applies(some) {
			c = newComparison([]float64{1, 2}, nil)
		}
		if got := test.run(c); got.statistic != 0 || got.p != 1 {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestOneValueOnBothSidesIsNoDrift(t *testing.T) {
	for _, test := range tests {
		if got := test.run(newComparison([]float64{7, 7, 7}, []float64{7})); got.statistic != 0 || got.p != 1 {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestLongNamesAreCutBetweenCharacters(t *testing.T) {
	for _, name := range []string{"", "short", strings.Repeat("x", labelBytes), strings.Repeat("x", 100),
		strings.Repeat("ä", 100), strings.Repeat("😀", 50)} {
		got := shorten(name)
		cut := strings.TrimSuffix(got, "…")
		if len(got) > labelBytes || !utf8.ValidString(got) || !strings.HasPrefix(name, cut) ||
			len(name) <= labelBytes && got != name || len(name) > labelBytes && len(got) < labelBytes-4 {
			t.Errorf("%q is cut to %q", name, got)
		}
	}
}

func TestManyCategoriesAreShownAsTheMostFrequentAndTheRest(t *testing.T) {
	var labels []string
	var reference, current []int64
	for i := range 30 {
		labels = append(labels, fmt.Sprint("c", i))
		reference, current = append(reference, int64(i)), append(current, int64(30-i)*int64(i%2))
	}
	h := categoryHistogram(labels, reference, current)
	if !h.whole() || len(h.Labels) != histogramLabels+1 || h.Labels[histogramLabels] != "the rest" ||
		sum(h.Reference) != sum(reference) || sum(h.Current) != sum(current) {
		t.Errorf("%s", text(t, h))
	}
}

// A single far value must not flatten the picture of all others, and is counted.
func TestAFarValueDoesNotFlattenAHistogram(t *testing.T) {
	a := normals(1, 1000)
	far := append(normals(2, 1000), 1e9)
	c := newComparison(a, far)
	h := numberHistogram(c.reference, c.current, true)
	if h.Edges[len(h.Edges)-1] > 10 || sum(h.Reference) != 1000 || sum(h.Current) != 1001 {
		t.Errorf("%s", text(t, h))
	}
}
