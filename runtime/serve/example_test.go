package serve_test

import (
	"math"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

func TestTheExampleIsAnsweredForEveryInput(t *testing.T) {
	exact, most := float64(1<<53), math.MaxFloat64
	for name, f := range map[string]model.Field{
		"a number":                     {Type: plan.Number, Min: 0.25, Max: 0.75},
		"a number beyond exactness":    {Type: plan.Number, Min: 1e300, Max: 1.5e300},
		"a sum that overflows":         {Type: plan.Number, Min: 1.5e308, Max: most},
		"a range that overflows":       {Type: plan.Number, Min: -most, Max: most},
		"an integer":                   {Type: plan.Integer, Min: 18, Max: 68},
		"an integer of 53 bits":        {Type: plan.Integer, Min: exact, Max: exact + 4},
		"the smallest integer":         {Type: plan.Integer, Min: math.MinInt64, Max: math.MinInt64},
		"ids of 64 bits":               {Type: plan.Integer, Min: 1 << 63, Max: math.MaxUint64},
		"the greatest id":              {Type: plan.Integer, Min: math.MaxUint64, Max: math.MaxUint64},
		"a boolean":                    {Type: plan.Boolean},
		"a timestamp":                  {Type: plan.Timestamp, Min: 1.6e9, Max: 1.7e9},
		"a category":                   {Type: plan.Category, Categories: []string{"own", "rent"}},
		"a category that looks like 1": {Type: plan.Category, Categories: []string{"1", "2"}},
		"a category without values":    {Type: plan.Category},
		"a masked category":            {Type: plan.Category, Categories: []string{"m"}, Anonymise: plan.Mask},
		"a text":                       {Type: plan.Text, Categories: []string{"a", "b"}},
		"a text without values":        {Type: plan.Text},
	} {
		t.Run(name, func(t *testing.T) {
			f.Name = "x"
			m := constant(t, 1)
			m.Signature.Inputs[0] = f
			coded := f.Type == plan.Category || f.Type == plan.Text
			m.Encoder.Fields[0] = model.FieldEncoder{Name: "x", Type: f.Type, OneHot: coded,
				Categories: f.Categories, Impute: !coded}
			m.Linear.Weights[0] = make([]float64, m.Encoder.Width())
			body, err := serve.ExampleRequest(prepared(t, m))
			if err != nil {
				t.Fatal(err)
			}
			fine(t, serving(t, m, serve.Config{}), body)
		})
	}
}
