package spill

import (
	"cmp"
	"slices"
	"unsafe"
)

// fanIn is how many runs of one level are merged into one of the next.
const fanIn = 64

// minEntries is the least that a tally holds in memory.
const minEntries = 16

// Entry is a key, how often it was added, and the two smallest rows that it
// came with; Second is -1 where there is one row only.
type Entry[K any] struct {
	Key           K
	Count         int64
	First, Second int64
}

// absorb adds another entry of the same key.
//
// The two smallest of up to four rows are kept. Rows are distinct between
// entries, as each row is added once.
func (e *Entry[K]) absorb(x Entry[K]) {
	e.Count += x.Count
	if x.First < e.First {
		e.First, x.First = x.First, e.First
	}
	if e.Second < 0 || x.First < e.Second {
		e.Second, x.First = x.First, e.Second
	}
	if x.Second >= 0 && x.Second < e.Second {
		e.Second = x.Second
	}
}

// Tally counts keys for one goroutine. Each reads several together.
type Tally[K Key[K]] struct {
	room    *Room
	most    int
	entries []Entry[K]
	sorted  int // so many entries at the front are sorted and distinct
	spool   spool[K]
}

// NewTally returns an empty tally.
func NewTally[K Key[K]](room *Room) *Tally[K] {
	var e Entry[K]
	return &Tally[K]{room: room, most: max(minEntries, room.bytes/int(unsafe.Sizeof(e)))}
}

// Add counts the key once, at the row. The error is the disk's.
func (t *Tally[K]) Add(key K, row int64) error {
	return t.AddEntry(Entry[K]{Key: key, Count: 1, First: row, Second: -1})
}

// AddEntry adds what has been counted of a key elsewhere. Rows are not negative.
//
// The slice grows by doubling up to most exactly, so that a tally never takes
// more memory than its share.
func (t *Tally[K]) AddEntry(e Entry[K]) error {
	if len(t.entries) >= t.most {
		if err := t.makeRoom(); err != nil {
			return err
		}
	}
	if n := len(t.entries); n == cap(t.entries) { // append would take more than there is
		t.entries = append(make([]Entry[K], 0, min(t.most, max(minEntries, 2*n))), t.entries...)
	}
	t.entries = append(t.entries, e)
	return nil
}

// makeRoom counts equal keys together, and spills where that does not free half.
//
// Half must become free, or a tally of nearly distinct keys would sort all of
// its entries again for every few that it adds.
func (t *Tally[K]) makeRoom() error {
	t.compact()
	if len(t.entries) <= t.most/2 {
		return nil
	}
	if err := t.spool.write(t.room, t.entries); err != nil {
		return err
	}
	t.entries, t.sorted = t.entries[:0], 0
	return nil
}

// compact sorts the entries and counts equal keys together.
//
// It works in place: kept never overtakes the entry that is read.
func (t *Tally[K]) compact() {
	if t.sorted == len(t.entries) {
		return
	}
	if numbers, ok := any(t.entries).([]Entry[Number]); ok { // as below, but faster
		slices.SortFunc(numbers, func(a, b Entry[Number]) int { return cmp.Compare(a.Key, b.Key) })
	} else {
		slices.SortFunc(t.entries, func(a, b Entry[K]) int { return a.Key.Compare(b.Key) })
	}
	kept := t.entries[:0]
	for _, e := range t.entries {
		if n := len(kept); n > 0 && kept[n-1].Key == e.Key {
			kept[n-1].absorb(e)
		} else {
			kept = append(kept, e)
		}
	}
	t.entries, t.sorted = kept, len(kept)
}
