package validate

// inSet and notInSet: a null set passes vacuously.
func inSet(rq *request) verdict    { return rq.membership(true) }
func notInSet(rq *request) verdict { return rq.membership(false) }

func (rq *request) membership(wanted bool) verdict {
	c := rq.column()
	set := rq.valueSet(c)
	if set == nil {
		return rq.eachValue(c, func(float64) bool { return true }, func(string) bool { return true })
	}
	return rq.eachValue(c,
		func(v float64) bool { return set.number(v) == wanted },
		func(s string) bool { return set.text(s) == wanted })
}
