package spill

import (
	"container/heap"
	"context"
	"io"
)

// pollEvery is how many entries go by between looks at the context.
const pollEvery = 1 << 14

// Each calls fn for every key of the tallies in the order of keys, once, with
// its counts added up and its smallest rows. That does not depend on how the
// keys were spread over tallies, nor on what was spilled. It may be called
// again.
//
// Its memory is a buffer of bufferBytes a run and the entries that the tallies
// hold anyway. Tallies must not be added to while it runs.
func Each[K Key[K]](ctx context.Context, tallies []*Tally[K], fn func(Entry[K]) error) error {
	m := newMerger[K](ctx)
	for _, t := range tallies {
		t.compact()
		entries, i := t.entries, 0
		m.add(func() (Entry[K], error) {
			if i == len(entries) {
				return Entry[K]{}, io.EOF
			}
			i++
			return entries[i-1], nil
		})
		for _, level := range t.spool.levels {
			for _, r := range level {
				m.add(reader[K](r))
			}
		}
	}
	for {
		e, err := m.next()
		if err == io.EOF { //nolint:errorlint // the merger returns it bare
			return nil
		}
		if err == nil {
			err = fn(e)
		}
		if err != nil {
			return err
		}
	}
}

// source is an iterator with its next entry available.
type source[K any] struct {
	entry Entry[K]
	next  func() (Entry[K], error)
}

// merger merges sorted iterators and counts equal keys together.
type merger[K Key[K]] struct {
	ctx     context.Context //nolint:containedctx // a merger is one operation
	sources []source[K]
	err     error
	count   int
}

func newMerger[K Key[K]](ctx context.Context) *merger[K] { return &merger[K]{ctx: ctx} }

// add takes an iterator's first entry; one that is empty is left out. An error
// is kept for next.
func (m *merger[K]) add(next func() (Entry[K], error)) {
	e, err := next()
	switch {
	case err == nil:
		heap.Push(m, source[K]{e, next})
	case err != io.EOF: //nolint:errorlint // our own iterators return it bare
		m.err = err
	}
}

// next returns the smallest key's entry, or io.EOF.
//
// Equal keys come from different sources one after another, as all sources are
// sorted and distinct. The context is looked at only now and then.
func (m *merger[K]) next() (Entry[K], error) {
	m.count++
	if m.count%pollEvery == 0 && m.err == nil {
		m.err = m.ctx.Err()
	}
	if m.err != nil {
		return Entry[K]{}, m.err
	}
	if len(m.sources) == 0 {
		return Entry[K]{}, io.EOF
	}
	out := m.sources[0].entry
	m.advance()
	for m.err == nil && len(m.sources) > 0 && m.sources[0].entry.Key == out.Key {
		out.absorb(m.sources[0].entry)
		m.advance()
	}
	return out, m.err
}

// advance moves the first source on.
//
// Fixing the heap's top after its entry is replaced takes fewer comparisons
// than a pop and a push.
func (m *merger[K]) advance() {
	e, err := m.sources[0].next()
	switch {
	case err == nil:
		m.sources[0].entry = e
		heap.Fix(m, 0)
	case err == io.EOF: //nolint:errorlint // our own iterators return it bare
		heap.Pop(m)
	default:
		m.err = err
	}
}

// Len, Less, Swap, Push and Pop are container/heap's.
func (m *merger[K]) Len() int { return len(m.sources) }

// Less orders sources by their next key.
func (m *merger[K]) Less(i, j int) bool {
	return m.sources[i].entry.Key.Compare(m.sources[j].entry.Key) < 0
}

// Swap exchanges two sources.
func (m *merger[K]) Swap(i, j int) { m.sources[i], m.sources[j] = m.sources[j], m.sources[i] }

// Push adds a source.
func (m *merger[K]) Push(x any) {
	s, _ := x.(source[K])
	m.sources = append(m.sources, s)
}

// Pop takes the last source.
func (m *merger[K]) Pop() any {
	last := m.sources[len(m.sources)-1]
	m.sources = m.sources[:len(m.sources)-1]
	return last
}
