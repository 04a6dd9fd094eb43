package page

import (
	"math"
	"strconv"
)

// The plot's inner size in SVG user units.
const (
	plotWidth  = 220.0
	plotHeight = 56.0
)

// Histogram compares two distributions over the same bins: reference bars
// behind, current bars in front.
type Histogram struct {
	Width, Height float64
	Reference     []Rect
	Current       []Rect
	Low, High     string   // ends of the axis of a numeric column
	Labels        []string // categories, where the bins are categories
}

// Rect is a bar in user units, y downwards.
type Rect struct {
	X, Y, W, H float64
	Title      string
}

// NewHistogram lays out shares of rows a bin; both slices have the same length
// and any scale. labels name the bins, or are two ends of an axis.
//
// Both are drawn to one scale, the largest share of either, so that heights compare.
// The current bars are narrower, to leave the reference visible behind them.
func NewHistogram(reference, current []float64, labels []string) *Histogram {
	h := &Histogram{Width: plotWidth, Height: plotHeight}
	if len(labels) == len(reference) {
		h.Labels = labels
	} else if len(labels) == 2 {
		h.Low, h.High = labels[0], labels[1]
	}
	ref, cur := shares(reference), shares(current)
	top := 0.0
	for i := range ref {
		top = math.Max(top, ref[i])
	}
	for i := range cur {
		top = math.Max(top, cur[i])
	}
	h.Reference = bars(ref, top, 0, 1, h.Labels)
	h.Current = bars(cur, top, 0.2, 0.6, h.Labels)
	return h
}

// shares are counts as shares of their total; all zero where there is none.
func shares(counts []float64) []float64 {
	total := 0.0
	for _, c := range counts {
		total += c
	}
	out := make([]float64, len(counts))
	if total > 0 {
		for i, c := range counts {
			out[i] = c / total
		}
	}
	return out
}

// bars places one bar a bin; inset and width are shares of the bin's width.
// A bar is at least one unit wide, so that many bins still show. Bars begin at the
// bottom, as y grows downwards in SVG.
func bars(share []float64, top, inset, width float64, labels []string) []Rect {
	out := make([]Rect, len(share))
	if top == 0 {
		top = 1
	}
	slot := plotWidth / math.Max(1, float64(len(share)))
	for i, s := range share {
		height := plotHeight * s / top
		out[i] = Rect{X: round(slot*float64(i) + slot*inset), Y: round(plotHeight - height),
			W: round(math.Max(1, slot*width-1)), H: round(height)}
		out[i].Title = strconv.FormatFloat(100*s, 'f', 1, 64) + " %"
		if len(labels) == len(share) {
			out[i].Title = labels[i] + ": " + out[i].Title
		}
	}
	return out
}

// round keeps coordinates to hundredths, which shortens the document.
func round(v float64) float64 { return math.Round(v*100) / 100 }
