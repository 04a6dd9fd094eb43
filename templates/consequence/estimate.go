package consequence

// Estimate is a month's price of what endpoints among the resources reserve, with as few
// replicas as they may have and with as many. Training, storage and traffic are left out,
// as in the comparison of two plans.
func (p Prices) Estimate(list []Resource) (least, most float64) {
	low, high := reservedBy(list)
	return p.of(low), p.of(high)
}
