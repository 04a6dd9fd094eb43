package oip

// memory is what a Request keeps from one message to the next, so that messages of a
// usual size allocate next to nothing.
type memory struct {
	decoder         decoder
	floats          slab[float64]
	ints            slab[int64]
	texts           slab[[]byte]
	shapes          slab[int]
	inputs, outputs []string // names of the messages before, by position
	wanted          []Output
}

// remembered returns the memory of a request, with nothing of it in use.
func remembered(r *Request) *memory {
	m := r.memory
	if m == nil {
		m = &memory{}
		r.memory = m
	}
	clear(m.texts.all[:m.texts.used])
	m.floats.used, m.ints.used, m.texts.used, m.shapes.used = 0, 0, 0, 0
	return m
}

// Forget empties a request, which then points into no body. It keeps some memory for the
// next message. Tensors that were read are not to be used afterwards.
func (r *Request) Forget() {
	clear(r.Inputs)
	m := r.memory
	*r = Request{Inputs: r.Inputs[:0], memory: m}
	if m != nil {
		clear(m.texts.all[:m.texts.used])
		m.decoder = decoder{binary: m.decoder.binary[:0]}
	}
}

// slabMost bounds the elements that a slab keeps, and partMost those of a tensor that
// lies in one: a larger tensor has memory of its own, which goes with it.
const (
	slabMost = 2048
	partMost = 256
)

// slab is memory that is handed out in parts, and taken back as a whole.
type slab[T any] struct {
	all  []T
	used int
}

// take returns an empty slice with room for n elements. Parts that were handed out stay
// as they are where the slab has to grow.
func (s *slab[T]) take(n int) []T {
	if n > partMost {
		return make([]T, 0, n)
	}
	if s.all == nil || len(s.all)-s.used < n {
		s.all, s.used = make([]T, min(max(2*len(s.all), n, 32), slabMost)), 0
	}
	part := s.all[s.used : s.used : s.used+n]
	s.used += n
	return part
}

// nameMost bounds the names that are remembered, in bytes.
const nameMost = 128

// named is a name as a string. Clients send the same tensors over and over: the string
// of the message before is used again where it has the same name at the same position.
func named(before *[]string, at int, name []byte) string {
	if at < len(*before) && (*before)[at] == string(name) {
		return (*before)[at]
	}
	s := string(name)
	switch {
	case len(s) > nameMost:
	case at < len(*before):
		(*before)[at] = s
	case at == len(*before):
		*before = append(*before, s)
	}
	return s
}
