package model

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// read is what the answer, as JSON, comes to: the probability of each label, or
// the error.
func readAnswer(t *testing.T, task plan.Task, labels []string, text string) ([]float64, error) {
	t.Helper()
	var found any
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	scores := make([]float64, max(1, len(labels)))
	if task == plan.Binary {
		scores = scores[:1]
	}
	if err := newAnswers(task, labels).read(found, scores); err != nil {
		return nil, err
	}
	if task == plan.Binary {
		return []float64{1 - scores[0], scores[0]}, nil
	}
	return scores, nil
}

// TestAnswersMeanTheClassesThatAServerMeans has for each set of classes, and
// for each of two that may be the positive one, every form in which scikit-learn
// and MLflow answer. The row is of class "of" with probability 0.9.
func TestAnswersMeanTheClassesThatAServerMeans(t *testing.T) {
	for _, c := range []struct {
		labels []string // {negative, positive} of a binary task
		of     string
		forms  []string
	}{
		{[]string{"good", "bad"}, "bad",
			[]string{`"bad"`, `["bad"]`, `[0.9, 0.1]`, `{"bad": 0.9, "good": 0.1}`, `{"good": 0.1, "bad": 0.9}`,
				`{"prediction": "bad"}`, `{"0": 0.9, "1": 0.1}`}},
		{[]string{"bad", "good"}, "bad",
			[]string{`"bad"`, `[0.9, 0.1]`, `{"bad": 0.9, "good": 0.1}`, `0.1`, `[0.1]`, `{"0": 0.1}`, `0`}},
		{[]string{"1", "0"}, "0", []string{`0`, `0.0`, `"0"`, `[0]`, `[0.9, 0.1]`,
			`{"0": 0.9, "1": 0.1}`, `{"prediction": 0}`}},
		{[]string{"1", "0"}, "1", []string{`1`, `"1"`, `[0.1, 0.9]`, `{"0": 0.1, "1": 0.9}`}},
		{[]string{"0", "1"}, "0", []string{`0`, `"0"`, `[0.9, 0.1]`, `{"0": 0.9, "1": 0.1}`,
			`{"0.0": 0.9, "1.0": 0.1}`, `0.1`}},
		{[]string{"2", "1"}, "2", []string{`2`, `"2"`, `[0.1, 0.9]`, `{"1": 0.1, "2": 0.9}`}},
		{[]string{"1", "2"}, "1", []string{`1`, `[0.9, 0.1]`}},
		{[]string{"-1", "1"}, "1", []string{`1`, `0.9`, `[0.1, 0.9]`}},
		{[]string{"true", "false"}, "false",
			[]string{`false`, `"false"`, `0`, `[0.9, 0.1]`, `{"False": 0.9, "True": 0.1}`}},
		{[]string{"false", "true"}, "true", []string{`true`, `1`, `0.9`, `[0.1, 0.9]`}},
		{[]string{"0", "1", "2"}, "1", []string{`1`, `1.0`, `[1]`, `"1"`, `[0.05, 0.9, 0.05]`,
			`{"0": 0.05, "1": 0.9, "2": 0.05}`}},
		{[]string{"a", "b", "c"}, "c", []string{`"c"`, `[0.05, 0.05, 0.9]`, `{"c": 0.9, "a": 0.05, "b": 0.05}`,
			`{"0": 0.05, "1": 0.05, "2": 0.9}`}},
		// sorted as texts, as models have them
		{[]string{"1", "10", "2"}, "10", []string{`10`, `"10"`, `{"1": 0.05, "2": 0.05, "10": 0.9}`}},
	} {
		task := plan.Binary
		if len(c.labels) > 2 {
			task = plan.Multiclass
		}
		for _, form := range c.forms {
			got, err := readAnswer(t, task, c.labels, form)
			if err != nil {
				t.Errorf("classes %q, answer %s: %v", c.labels, form, err)
				continue
			}
			for i, label := range c.labels {
				if (label == c.of) != (got[i] >= 0.5) || label == c.of && got[i] < 0.9-1e-12 {
					t.Errorf("classes %q, answer %s: probabilities %v, and %q was meant", c.labels, form, got, c.of)
					break
				}
			}
		}
	}
	if got, err := readAnswer(t, plan.Regression, nil, `{"prediction": 3.5}`); err != nil || math.Abs(got[0]-3.5) > 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAnAnswerThatCouldMeanTwoThingsIsRefusedAndTheOrderNamed(t *testing.T) {
	for _, c := range []struct {
		labels []string
		form   string
		want   string
	}{
		{[]string{"good", "bad"}, `0.9`, "[p of bad, p of good]"},
		{[]string{"good", "bad"}, `1`, "the probability of either class"},
		{[]string{"1", "0"}, `0.3`, "[p of 0, p of 1]"},
		{[]string{"1", "2"}, `0.3`, "the probability of either class"},
		{[]string{"bad", "good"}, `1.5`, "or the probability of good"},
		{[]string{"no", "1"}, `1`, "the probability of either class"},
		{[]string{"bad", "good"}, `{"bad": 0.9}`, `{"bad": p, "good": p}`},
		{[]string{"bad", "good"}, `{"bad": 0.9, "fine": 0.1}`, `{"bad": p, "good": p}`},
		{[]string{"0", "1"}, `{"0": 0.9}`, `{"0": p, "1": p}`}, // of class 0, or the only column
		{[]string{"10", "9"}, `[0.9, 0.1]`, "sort in one way as numbers and in another as texts"},
		{[]string{"1", "10", "2"}, `[0.9, 0.05, 0.05]`, `a probability a class, {"1": p, "10": p, "2": p}`},
		{[]string{"1", "2", "3"}, `{"0": 0.9, "1": 0.05, "2": 0.05}`, "[p of 1, p of 2, p of 3]"},
		{[]string{"0", "1", "2"}, `[0.5, 0.5]`, "[p of 0, p of 1, p of 2]"},
		{[]string{"a", "b", "c"}, `1`, `one of the classes ["a" "b" "c"]`},
		{[]string{"a", "b", "c"}, `[0.5, 0.6, -0.1]`, "a multiclass model answers"},
		{[]string{"a", "b", "c"}, `["a", "b", "c"]`, "a multiclass model answers"},
		{[]string{"yes", "no"}, `true`, "a binary model answers"},
		{nil, `"3.5"`, "a regression model answers a number"},
		{nil, `[1, 2]`, "a regression model answers a number"},
	} {
		task := map[int]plan.Task{0: plan.Regression, 2: plan.Binary, 3: plan.Multiclass}[len(c.labels)]
		if got, err := readAnswer(t, task, c.labels, c.form); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("classes %q, answer %s: %v, %v; want an error with %s", c.labels, c.form, got, err, c.want)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`[{"0": 0.1, "1": 0.9}, [0.1, 0.9], "1", 1, true, null, [[1]]]`), "0,1")
	f.Fuzz(func(t *testing.T, b []byte, names string) {
		var found []any
		labels := strings.Split(names, ",")
		if json.Unmarshal(b, &found) != nil || len(labels) < 2 || len(labels) > 20 {
			return
		}
		task := plan.Binary
		if len(labels) > 2 {
			task = plan.Multiclass
		}
		scores := make([]float64, len(labels))
		for _, one := range found {
			if err := newAnswers(task, labels).read(one, scores); err != nil {
				continue
			}
			for _, s := range scores {
				if s < 0 || s > 1 || math.IsNaN(s) {
					t.Fatalf("%v became %v", one, scores)
				}
			}
		}
	})
}
