package drift

import (
	"math/rand/v2"
	"testing"
	"time"
)

func normals(seed uint64, n int) []float64 {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]float64, n)
	for i := range out {
		out[i] = random.NormFloat64()
	}
	return out
}

// What a prediction costs more where drift is watched.
func BenchmarkObserve(b *testing.B) {
	ref := shopReference(b, 3000)
	for _, rows := range []int{100_000_000, 10_000} {
		name := map[int]string{100_000_000: "one window", 10_000: "windows closing"}[rows]
		b.Run(name, func(b *testing.B) {
			d := shopDrift()
			d.MaxRows = rows
			m, err := NewMonitor(MonitorConfig{Reference: ref, Drift: d, Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			o := m.Observer(shopModel())
			x := newPeople(2).next()
			values, texts := x.row()
			score := x.score()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					o.Observe(values, texts, score)
				}
			})
		})
	}
}

// What a full window of the default size takes in the background.
func BenchmarkJudge(b *testing.B) {
	ref := shopReference(b, 3000)
	l, err := newLayout(ref, nil)
	if err != nil {
		b.Fatal(err)
	}
	w := newWindow(l, 100_000)
	w.open(time.Now(), 1, 1)
	o := (&Monitor{layout: l}).Observer(shopModel())
	p := newPeople(2)
	for range 100_000 {
		x := p.next()
		row := w.next(time.Now())
		values, texts := x.row()
		for k := range o.inputs {
			w.take(k, &l.columns[k], &o.inputs[k], row, values, texts)
		}
		w.answer(l, row, x.score())
	}
	for _, name := range append(Tests(), "auto") {
		b.Run(name, func(b *testing.B) {
			d := shopDrift()
			d.Tests = name
			j := newJudge(ref, l, d)
			for b.Loop() {
				j.report(w, 1)
			}
		})
	}
}
