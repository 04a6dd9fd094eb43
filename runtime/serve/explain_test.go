package serve_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

const applicant = `{"Age": 30, "Income": 50, "Home": "rent", "Band": "1", "Member": true, "Since": null}`

// addsUp checks that the contributions lead from the base to the margin.
func addsUp(t *testing.T, e *explanation, inputs int) {
	t.Helper()
	if e == nil {
		t.Fatal("no explanation")
	}
	sum := e.Base
	for _, v := range e.Contributions {
		sum += v
	}
	if math.Abs(sum-e.Margin) > 1e-9 || len(e.Contributions) != inputs {
		t.Errorf("%d contributions add up to %v, the margin is %v", len(e.Contributions), sum, e.Margin)
	}
}

func TestAnExplanationAddsUpToTheMargin(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	doc := document(t, s)
	body := `{"features": ` + applicant + `, "explain": true}`
	w := predict(s, body)
	for schema, text := range map[string]string{"PredictRequest": body, "Prediction": w.Body.String()} {
		if err := fits(t, doc, schema, text); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
	}
	got := fine(t, s, body)
	addsUp(t, got.Explanation, 6)
	if e := got.Explanation; e.Of != "good" || e.Link != "identity" ||
		math.Abs(e.Margin-got.Probabilities["good"]) > 1e-12 {
		t.Errorf("explained %s %s %v of %v", e.Of, e.Link, e.Margin, got.Probabilities)
	}
	plainly := fine(t, s, `{"features": `+applicant+`, "explain": false}`)
	if plainly.Explanation != nil || plainly.Probability != got.Probability {
		t.Errorf("an explanation that nobody wants, or another prediction: %+v", plainly)
	}
}

func TestReasonsAreWhatCountsMostAgainstTheFavourableOutcome(t *testing.T) {
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	about := map[string]string{"Age": `years "completed"`, "Income": "thousands a year", "Gone": "not a column of it"}
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 3, Descriptions: about}); err != nil {
		t.Fatal(err)
	}
	described := 0
	for age := 18; age < 68; age++ {
		row := strings.Replace(applicant, "30", fmt.Sprint(age), 1)
		all := fine(t, s, `{"reasons": 6, "features": `+row+`, "explain": true}`).Explanation
		against := 0
		for _, v := range all.Contributions {
			if v < 0 {
				against++
			}
		}
		if len(all.Reasons) != against {
			t.Fatalf("%d reasons, %d inputs count against it", len(all.Reasons), against)
		}
		for i, r := range all.Reasons {
			if r.Contribution != all.Contributions[r.Feature] || r.Description != about[r.Feature] {
				t.Errorf("reason %+v, contributions %v", r, all.Contributions)
			}
			if i > 0 && r.Contribution < all.Reasons[i-1].Contribution {
				t.Errorf("reason %d weighs more than the one before", i)
			}
			if r.Description != "" {
				described++
			}
		}
		few := fine(t, s, `{"reasons": 1, "features": `+row+`, "explain": true}`).Explanation.Reasons
		if !slices.Equal(few, all.Reasons[:min(1, against)]) {
			t.Errorf("one reason: %+v", few)
		}
		usual := fine(t, s, `{"features": `+row+`, "explain": true}`).Explanation.Reasons
		if !slices.Equal(usual, all.Reasons[:min(4, against)]) {
			t.Errorf("without a number: %+v", usual)
		}
	}
	if described == 0 {
		t.Error("no reason has a description")
	}
}

func TestEveryRowOfABatchIsExplained(t *testing.T) {
	for name, m := range map[string]*model.Model{"loans": loans(t), "flowers": flowers(t)} {
		s := serving(t, m, serve.Config{})
		one := `[30, 50, "rent", "1", true, null]`
		if name == "flowers" {
			one = `[3, null]`
		}
		body := `{"explain": true, "features": [` + one + `, ` + one + `]}`
		if err := fits(t, document(t, s), "Predictions", predict(s, body).Body.String()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, a := range fine(t, s, body).Predictions {
			addsUp(t, a.Explanation, len(m.Signature.Inputs))
			if m.Task == plan.Multiclass && (a.Explanation.Of != a.Prediction || a.Explanation.Reasons != nil) {
				t.Errorf("%s: explained %q of %q", name, a.Explanation.Of, a.Prediction)
			}
		}
	}
}

func TestARegressionIsExplained(t *testing.T) {
	m := constant(t, 2)
	m.Linear.Weights[0][0], m.Linear.Means = 3, []float64{10}
	got := fine(t, serving(t, prepared(t, m), serve.Config{}), `{"features": [12], "explain": true}`)
	if e := got.Explanation; e.Of != "y" || e.Link != "identity" || e.Base != 32 || e.Margin != 38 ||
		e.Contributions["x"] != 6 || e.Reasons != nil {
		t.Errorf("%+v", e)
	}
}

func TestWhatCannotBeExplainedIsRefused(t *testing.T) {
	forgetful := loans(t)
	for i := range forgetful.Ensemble.Trees {
		forgetful.Ensemble.Trees[i].Cover = nil
	}
	row := `"features": ` + applicant
	many := `"features": [` + strings.Repeat(`[1, null],`, 200_000) + `[1, null]]`
	for want, c := range map[string]struct {
		m    *model.Model
		body string
	}{
		"train it again":                    {prepared(t, forgetful), `{"explain": true, ` + row + `}`},
		"want true or false":                {loans(t), `{"explain": 1, ` + row + `}`},
		"want a whole number from 1 to 6":   {loans(t), `{"explain": true, "reasons": 7, ` + row + `}`},
		"from 1 to 6, the number of inputs": {loans(t), `{"explain": true, "reasons": 1.5, ` + row + `}`},
		"want a whole number":               {loans(t), `{"explain": true, "reasons": "all", ` + row + `}`},
		"are part of an explanation":        {loans(t), `{"reasons": 2, ` + row + `}`},
		"is given twice":                    {loans(t), `{"explain": true, "explain": true, ` + row + `}`},
		"count against the favourable":      {flowers(t), `{"explain": true, "reasons": 1, "features": [1, null]}`},
		"at most 131072 rows of 2 inputs":   {flowers(t), `{"explain": true, ` + many + `}`},
		`is unknown; the rows belong under`: {loans(t), `{"explained": true, ` + row + `}`},
	} {
		s := serving(t, c.m, serve.Config{Limits: plan.Limits{MaxBodyBytes: 8 << 20, MaxBatchRows: 1 << 20}})
		w := predict(s, c.body)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), want) {
			t.Errorf("want %q: %d %s", want, w.Code, w.Body)
		}
	}
}

// A margin may be beyond what a float64 holds where its probability is not.
func TestAnInfiniteMarginIsRefused(t *testing.T) {
	m := constant(t, 0)
	m.Task, m.Signature.Labels = plan.Binary, []string{"no", "yes"}
	m.Linear.Weights[0][0], m.Linear.Means, m.Linear.Link = 1e300, []float64{0}, model.Logit
	s := serving(t, prepared(t, m), serve.Config{})
	if got := fine(t, s, `{"features": [1e300]}`); got.Prediction != "yes" {
		t.Errorf("%+v", got)
	}
	for _, features := range []string{`[1e300]`, `[[1], [1e300]]`} {
		w := predict(s, `{"explain": true, "features": `+features+`}`)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "not a finite number") {
			t.Errorf("%s: %d %s", features, w.Code, w.Body)
		}
	}
}
