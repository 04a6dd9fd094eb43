package onnx

// State is a worker's memory: the values of up to Program.Rows rows. It is for
// one goroutine at a time.
type State struct {
	p       *Program
	floats  [][]float32
	doubles [][]float64
	ints    [][]int64 // whole numbers
	bools   [][]int64 // 0 or 1
	texts   [][]string
}

// NewState returns a state. Its memory is a few megabytes at most, or that of one
// row.
func (p *Program) NewState() *State {
	s := &State{p: p}
	for _, n := range p.sizes[float] {
		s.floats = append(s.floats, make([]float32, n*p.Rows))
	}
	for _, n := range p.sizes[double] {
		s.doubles = append(s.doubles, make([]float64, n*p.Rows))
	}
	for _, n := range p.sizes[integer] {
		s.ints = append(s.ints, make([]int64, n*p.Rows))
	}
	for _, n := range p.sizes[boolean] {
		s.bools = append(s.bools, make([]int64, n*p.Rows))
	}
	for _, n := range p.sizes[text] {
		s.texts = append(s.texts, make([]string, n*p.Rows))
	}
	return s
}

// Set gives a number to an input of numbers or whole numbers: to element column
// of a row below Program.Rows.
func (s *State) Set(in *Input, row, column int, v float64) {
	at := row*in.Columns + column
	switch in.kind {
	case float:
		s.floats[in.at][at] = float32(v)
	case double:
		s.doubles[in.at][at] = v
	case integer:
		s.ints[in.at][at] = int64(v)
	case boolean:
		s.bools[in.at][at] = 0
		if v != 0 {
			s.bools[in.at][at] = 1
		}
	}
}

// SetText gives a text to an input of texts.
func (s *State) SetText(in *Input, row, column int, v string) {
	s.texts[in.at][row*in.Columns+column] = v
}

// Run computes the first rows and writes their scores, Program.Columns a row.
func (s *State) Run(rows int, scores []float64) {
	for _, do := range s.p.steps {
		do(s, rows)
	}
	n := rows * s.p.Columns
	if s.p.output.kind == double {
		copy(scores[:n], s.doubles[s.p.output.at])
		return
	}
	for i, v := range s.floats[s.p.output.at][:n] {
		scores[i] = float64(v)
	}
}

// whole returns integers or booleans.
func (s *State) whole(v value) []int64 {
	if v.kind == boolean {
		return s.bools[v.at]
	}
	return s.ints[v.at]
}
