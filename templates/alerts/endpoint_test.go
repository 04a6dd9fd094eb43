package alerts

import "testing"

// An endpoint that may have no pods is not missed while nobody asks for it.
func TestAnEndpointWithoutPodsAlarmsNobody(t *testing.T) {
	p := sample()
	for name, alerts := range map[string]int{"scoring": 1, "plain": 0} {
		e := p.Endpoints[name]
		e.Replicas.Min = 0
		p.Endpoints[name] = e
		groups, err := Endpoint(p, name, inCluster())
		if err != nil {
			t.Fatal(err)
		}
		if len(groups) != alerts {
			t.Errorf("%s: there are %d groups, want %d: drift alone is left", name, len(groups), alerts)
		}
		for _, g := range groups {
			for _, r := range g.Rules {
				if r.Alert == "EndpointNotServing" {
					t.Errorf("%s: there is %v", name, r)
				}
			}
		}
	}
}
