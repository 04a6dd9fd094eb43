package setting

import (
	"math"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestSettingsThatMakeSenseAreRead(t *testing.T) {
	r := Read(plan.Params{"depth": 6.0, "rate": 0.5, "leaf": 0.01, "on": false, "kind": "gini", "none": nil})
	if got := r.Int("depth", 1, 1); got != 6 {
		t.Errorf("depth %d", got)
	}
	if got := r.Float("rate", 1, 0, 1); got != 0.5 {
		t.Errorf("rate %v", got)
	}
	if got := r.Count("leaf", 1, 1, 250); got != 3 {
		t.Errorf("leaf %d, want a hundredth of 250 rounded up", got)
	}
	if r.Bool("on", true) || !r.Bool("off", true) || r.Choice("kind", "", "entropy", "gini") != "gini" {
		t.Error("flags or choices are read wrongly")
	}
	if got := r.Int("none", 7, 1); got != 7 || !r.Null("none") || r.Null("absent") || r.Has("none") {
		t.Error("nil is not no limit")
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestEveryBadSettingIsNamed(t *testing.T) {
	r := Read(plan.Params{
		"whole": 1.5, "low": 0.0, "text": "6", "far": 2.0, "nan": math.NaN(), "flag": 1.0,
		"kind": "giny", "huge": 1e300,
	})
	r.Int("whole", 1, 1)
	r.Int("low", 1, 1)
	r.Int("text", 1, 1)
	r.Int("huge", 1, 1)
	r.Float("far", 1, 0, 1)
	r.Float("nan", 1, 0, math.MaxFloat64)
	r.Bool("flag", true)
	r.Choice("kind", "gini", "gini", "entropy")
	err := r.Err()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"whole is 1.5: want a whole number of at least 1", "low is 0:", "text is 6: want a number", "huge is",
		"far is 2: want a number from 0 to 1", "nan is NaN: want a number of at least 0",
		"flag is 1: want true or false", "kind is giny: want one of gini, entropy",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}
