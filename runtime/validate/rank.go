package validate

import (
	"context"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// ranks returns the values at the given places, counted from 0, among all
// values in order.
//
// One walk answers all places. The order of Number keys is that of the values;
// for Text keys the result is 0 and means nothing.
func (m *counted[K]) ranks(ctx context.Context, places []int64) ([]float64, error) {
	order := slices.Clone(places)
	slices.Sort(order)
	found := map[int64]float64{}
	var before int64
	err := m.each(ctx, func(e spill.Entry[K]) error {
		for len(order) > 0 && order[0] < before+e.Count {
			if k, ok := any(e.Key).(spill.Number); ok {
				found[order[0]] = k.Value()
			}
			order = order[1:]
		}
		before += e.Count
		return nil
	})
	out := make([]float64, len(places))
	for i, p := range places {
		out[i] = found[p]
	}
	return out, err
}
