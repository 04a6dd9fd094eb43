package histogram

import "container/heap"

// Candidate is a leaf that may be split.
type Candidate interface {
	Gain() float64 // what its best split gains
	Number() int   // unique in its tree
}

// Frontier holds the leaves of a growing tree that may be split. ByGain, Pop
// takes the one that gains most, the lower number among equals; otherwise the
// last that was pushed, which goes depth first and keeps few leaves open.
//
// A heap compares by gain and number, which makes the order total: trees do not
// depend on how the heap breaks ties.
type Frontier[C Candidate] struct {
	ByGain bool
	Leaves []C
}

// Push adds a leaf.
func (f *Frontier[C]) Push(c C) {
	if f.ByGain {
		heap.Push((*byGain[C])(f), c)
		return
	}
	f.Leaves = append(f.Leaves, c)
}

// Pop takes the next leaf to split. There must be one.
func (f *Frontier[C]) Pop() C {
	if f.ByGain {
		return heap.Pop((*byGain[C])(f)).(C)
	}
	last := f.Leaves[len(f.Leaves)-1]
	f.Leaves = f.Leaves[:len(f.Leaves)-1]
	return last
}

// Len returns how many leaves are open.
func (f *Frontier[C]) Len() int { return len(f.Leaves) }

type byGain[C Candidate] Frontier[C]

func (f *byGain[C]) Len() int      { return len(f.Leaves) }
func (f *byGain[C]) Swap(i, j int) { f.Leaves[i], f.Leaves[j] = f.Leaves[j], f.Leaves[i] }
func (f *byGain[C]) Push(c any)    { f.Leaves = append(f.Leaves, c.(C)) }

func (f *byGain[C]) Less(i, j int) bool {
	a, b := f.Leaves[i], f.Leaves[j]
	if a.Gain() != b.Gain() {
		return a.Gain() > b.Gain()
	}
	return a.Number() < b.Number()
}

func (f *byGain[C]) Pop() any {
	last := f.Leaves[len(f.Leaves)-1]
	f.Leaves = f.Leaves[:len(f.Leaves)-1]
	return last
}
