package main

import (
	"fmt"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestASummarySaysHowVersionsAreReleasedAndWhoIsAdmitted(t *testing.T) {
	got := endpointLines(plan.Endpoint{Model: "m", Replicas: plan.Replicas{Min: 1, Max: 2},
		Access: &plan.Access{Keys: &plan.AccessKeys{}}, Expose: &plan.Expose{Host: "a.example.com", Via: plan.ViaIngress}})
	want := []string{"model m, 1 to 2 replicas", "new versions: rolling update", "admits callers by keys",
		"exposed as a.example.com by ingress", "no drift watch"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range []struct {
		access *plan.Access
		want   string
	}{{nil, "admits nobody from other machines: it has no access"}, {&plan.Access{Public: true}, "admits everybody"}} {
		if got := admitted(c.access); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
