package validate

// between is inclusive unless strict_min or strict_max.
func between(rq *request) verdict {
	c := rq.numeric()
	return rq.eachValue(c, rq.strictInterval(rq.bound(c)).contains, nil)
}
