package drift

import (
	"encoding/json"
	"testing"
)

func TestTheSamePeopleDoNotDrift(t *testing.T) {
	for _, rows := range []int{900, 4000} {
		w := newWatch(t, shopReference(t, rows), shopDrift())
		w.see(newPeople(2), 3000)
		r := w.hour()
		if r == nil || r.DatasetDrift || r.Drifted > 0 || r.Predictions.Drifted {
			b, _ := json.MarshalIndent(r, "", " ")
			t.Errorf("against %d rows: %s", rows, b)
		}
	}
}

func TestOtherPeopleDrift(t *testing.T) {
	for rows, want := range map[int]string{900: "ks", 4000: "wasserstein"} {
		w := newWatch(t, shopReference(t, rows), shopDrift())
		p := newPeople(3)
		p.older, p.home = 15, []string{"rent", "boat"}
		w.see(p, 500)
		r := w.hour()
		age, home, income := byName(t, r, "age"), byName(t, r, "home"), byName(t, r, "income")
		if !r.DatasetDrift || r.Drifted != 2 || r.Share != 0.5 || !age.Drifted || !home.Drifted || income.Drifted || age.Test != want || !r.Predictions.Drifted {
			b, _ := json.MarshalIndent(r, "", " ")
			t.Errorf("against %d rows: %s", rows, b)
		}
	}
}
