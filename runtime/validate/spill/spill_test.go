package spill_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

func room(t *testing.T, dir string, bytes int) *spill.Room {
	t.Helper()
	r := spill.NewRoom(t.Context(), dir, bytes)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// count spreads keys over tallies of a room and reads them together.
func count[K spill.Key[K]](t *testing.T, r *spill.Room, tallies int, keys []K) []spill.Entry[K] {
	t.Helper()
	list := make([]*spill.Tally[K], tallies)
	for i := range list {
		list[i] = spill.NewTally[K](r)
	}
	for row, k := range keys {
		if err := list[(row/7)%tallies].Add(k, int64(row)); err != nil {
			t.Fatal(err)
		}
	}
	var out []spill.Entry[K]
	if err := spill.Each(t.Context(), list,
		func(e spill.Entry[K]) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// plainly counts keys with a map.
func plainly[K spill.Key[K]](keys []K) []spill.Entry[K] {
	m := map[K]*spill.Entry[K]{}
	for row, k := range keys {
		e := m[k]
		switch {
		case e == nil:
			m[k] = &spill.Entry[K]{Key: k, Count: 1, First: int64(row), Second: -1}
			continue
		case e.Second < 0:
			e.Second = int64(row)
		}
		e.Count++
	}
	var out []spill.Entry[K]
	for _, e := range m {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b spill.Entry[K]) int { return a.Key.Compare(b.Key) })
	return out
}

func same[K spill.Key[K]](t *testing.T, want, got []spill.Entry[K]) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("entry %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestCountsAreTheSameHoweverLittleMemoryThereIs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	numbers, texts := make([]spill.Number, 30_000), make([]spill.Text, 10_000)
	for i := range numbers {
		numbers[i] = spill.NumberOf(math.Round(random.NormFloat64() * 5000))
	}
	for i := range texts {
		texts[i] = spill.TextOf([]byte(strings.Repeat(fmt.Sprint(random.IntN(9000)), 1+random.IntN(2)*10)))
	}
	wantNumbers, wantTexts := plainly(numbers), plainly(texts)
	for _, bytes := range []int{1, 4000, 100_000, 64 << 20} {
		for _, tallies := range []int{1, 3} {
			t.Run(fmt.Sprintf("%d bytes for each of %d", bytes, tallies), func(t *testing.T) {
				r := room(t, t.TempDir(), bytes)
				same(t, wantNumbers, count(t, r, tallies, numbers))
				same(t, wantTexts, count(t, r, tallies, texts))
				if spilled := r.Spilled() > 0; spilled != (bytes < 1<<20) {
					t.Errorf("spilled: %v", spilled)
				}
			})
		}
	}
}

// All tallies of a room write to one file.
func TestTalliesThatSpillAtOnceDoNotMix(t *testing.T) {
	r := room(t, t.TempDir(), 1)
	keys := make([]spill.Number, 20_000)
	for i := range keys {
		keys[i] = spill.NumberOf(float64(i * 7919 % 10_007))
	}
	tallies := make([]*spill.Tally[spill.Number], 40)
	var group errgroup.Group
	for i := range tallies {
		tallies[i] = spill.NewTally[spill.Number](r)
		group.Go(func() error {
			for row := i; row < len(keys); row += len(tallies) {
				if err := tallies[i].Add(keys[row], int64(row)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var got []spill.Entry[spill.Number]
	if err := spill.Each(t.Context(), tallies,
		func(e spill.Entry[spill.Number]) error { got = append(got, e); return nil }); err != nil {
		t.Fatal(err)
	}
	same(t, plainly(keys), got)
}

func TestReadingTwiceGivesTheSame(t *testing.T) {
	r := room(t, t.TempDir(), 1)
	tally := spill.NewTally[spill.Number](r)
	for i := range 1000 {
		if err := tally.Add(spill.NumberOf(float64(i%100)), int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		keys, rows := 0, int64(0)
		err := spill.Each(t.Context(), []*spill.Tally[spill.Number]{tally}, func(e spill.Entry[spill.Number]) error {
			keys++
			rows += e.Count
			return nil
		})
		if err != nil || keys != 100 || rows != 1000 {
			t.Errorf("%d keys, %d rows, %v", keys, rows, err)
		}
	}
}

func TestNumberKeysAreInTheOrderOfTheirNumbers(t *testing.T) {
	values := []float64{math.Inf(-1), -math.MaxFloat64, -1, -5e-324, 0, 5e-324, 1, 1.5, math.MaxFloat64, math.Inf(1)}
	for i, a := range values {
		if got := spill.NumberOf(a).Value(); got != a {
			t.Errorf("%v reads back as %v", a, got)
		}
		for j, b := range values {
			if got, want := spill.NumberOf(a).Compare(spill.NumberOf(b)), cmp.Compare(i, j); got != want {
				t.Errorf("%v against %v: %d, want %d", a, b, got, want)
			}
		}
	}
	if spill.NumberOf(0) != spill.NumberOf(math.Copysign(0, -1)) {
		t.Error("the zeros differ")
	}
}

func TestTextKeysTellTextsApart(t *testing.T) {
	long := strings.Repeat("x", 63)
	seen := map[spill.Text]string{}
	for _, s := range []string{"", "\x00", "\x00\x00", "a", "a\x00", "b", long[:31], long, long + "y", long + "z",
		strings.Repeat("x", 200)} {
		if other, ok := seen[spill.TextOf([]byte(s))]; ok {
			t.Errorf("%q and %q have one key", s, other)
		}
		seen[spill.TextOf([]byte(s))] = s
		b, whole := spill.TextOf([]byte(s)).Bytes()
		if whole && string(b) != s || !whole && (!strings.HasPrefix(s, string(b)) || len(s) < 64) {
			t.Errorf("%q reads back as %q", s, b)
		}
	}
	if len(slices.Collect(maps.Keys(seen))) != 11 {
		t.Error("keys are missing")
	}
}

func TestSpillFilesHaveNoName(t *testing.T) {
	dir := t.TempDir()
	r := room(t, dir, 1)
	count(t, r, 2, make([]spill.Number, 10))
	keys := make([]spill.Number, 5000)
	for i := range keys {
		keys[i] = spill.Number(i)
	}
	count(t, r, 2, keys)
	if r.Spilled() == 0 {
		t.Fatal("nothing was spilled")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the folder contains %v, %v", left, err)
	}
}

func TestATallyWithoutAFolderSaysSo(t *testing.T) {
	r := room(t, "/no/such/folder", 1)
	tally := spill.NewTally[spill.Number](r)
	var err error
	for i := 0; i < 100 && err == nil; i++ {
		err = tally.Add(spill.Number(i), int64(i))
	}
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "spill file") {
		t.Errorf("%v", err)
	}
}

func TestCancellationEndsAMerge(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := spill.NewRoom(ctx, t.TempDir(), 1<<20)
	defer r.Close()
	tally := spill.NewTally[spill.Number](r)
	for i := range 100_000 {
		if err := tally.Add(spill.Number(i), int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	err := spill.Each(ctx, []*spill.Tally[spill.Number]{tally}, func(spill.Entry[spill.Number]) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
