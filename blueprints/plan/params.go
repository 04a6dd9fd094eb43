package plan

// Params are an algorithm's hyperparameters under scikit-learn's names. Values
// are JSON's: float64, string, bool or nil. The loader has filled in defaults
// and checked types, so the getters fall back only for absent names.
type Params map[string]any

// Float returns the named number, or otherwise where absent or nil.
func (p Params) Float(name string, otherwise float64) float64 {
	if v, ok := p[name].(float64); ok {
		return v
	}
	return otherwise
}

// Int returns the named number truncated, or otherwise where absent or nil.
func (p Params) Int(name string, otherwise int) int {
	if v, ok := p[name].(float64); ok {
		return int(v)
	}
	return otherwise
}

// Bool returns the named flag, or otherwise where absent or nil.
func (p Params) Bool(name string, otherwise bool) bool {
	if v, ok := p[name].(bool); ok {
		return v
	}
	return otherwise
}

// Text returns the named text, or otherwise where absent or nil.
func (p Params) Text(name, otherwise string) string {
	if v, ok := p[name].(string); ok {
		return v
	}
	return otherwise
}

// With returns a copy of p in which the entries of q replace p's.
func (p Params) With(q Params) Params {
	out := make(Params, len(p)+len(q))
	for k, v := range p {
		out[k] = v
	}
	for k, v := range q {
		out[k] = v
	}
	return out
}
