package statistic

// Align counts the distinct values of both samples, in ascending order.
//
// Both results have an entry for each value that either side has. A merge of
// two sorted lists: its time is the sum of their lengths.
func Align(a, b Sample) (ca, cb []int64) {
	i, j := 0, 0
	for i < len(a.Values) || j < len(b.Values) {
		v := 0.0
		switch {
		case i == len(a.Values):
			v = b.Values[j]
		case j == len(b.Values):
			v = a.Values[i]
		default:
			v = min(a.Values[i], b.Values[j])
		}
		na, nb := int64(0), int64(0)
		for ; i < len(a.Values) && a.Values[i] == v; i++ {
			na += a.Count(i)
		}
		for ; j < len(b.Values) && b.Values[j] == v; j++ {
			nb += b.Count(j)
		}
		ca, cb = append(ca, na), append(cb, nb)
	}
	return ca, cb
}

// Total is the sum as a float64, which is exact: Reference.Check of package drift
// bounds counts by 2^50.
func Total(counts []int64) float64 {
	n := int64(0)
	for _, c := range counts {
		n += c
	}
	return float64(n)
}
