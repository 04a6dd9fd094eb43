package config

import (
	"strings"
	"testing"
)

func TestLabelsOfThePrometheusThatExists(t *testing.T) {
	labels := map[string]string{"existing": `{"prometheus":{"release":"prom"},"addons":["kube-prometheus-stack"]}`}
	c, err := readNodes(t, labels)
	if err != nil || c.Existing.Prometheus["release"] != "prom" {
		t.Fatalf("%v, %v", c.Existing, err)
	}
	for text, want := range map[string]string{
		`{"prometheus":{"release":"prom"}}`:                                      "kube-prometheus-stack would be installed beside it",
		`{"addons":["kube-prometheus-stack"],"prometheus":{"re lease":"prom"}}`:  `"re lease"`,
		`{"addons":["kube-prometheus-stack"],"prometheus":{"release":"a b"}}`:    `"a b" is not the value of a label`,
		`{"addons":["kube-prometheus-stack"],"prometheus":{"ashlar.dev/x":"a"}}`: "says whose an object is",
		`{"addons":["kube-prometheus-stack"],"prometheus":{"release":1}}`:        "want an object of texts",
	} {
		if _, err := readNodes(t, map[string]string{"existing": text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", text, err, want)
		}
	}
	values := map[string]string{"ashlar:environment": "dev", "ashlar:provider": "kubernetes",
		"ashlar:existing": `{"prometheus":{"release":"prom"}}`}
	for monitoring, want := range map[string]bool{"true": false, "false": true} {
		values["ashlar:monitoring"] = monitoring
		c, err := Read(values, "ashlar", "dev")
		if err != nil {
			t.Fatal(err)
		}
		if err := Validate(nil, c); (err != nil && strings.Contains(err.Error(), "existing.prometheus")) != want {
			t.Errorf("monitoring %s: %v", monitoring, err)
		}
	}
}
