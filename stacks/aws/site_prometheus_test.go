package aws

import (
	"strings"
	"testing"
)

// TestTheClustersOwnPrometheusFindsWhatIsWatched: every monitor and every rule has the
// labels that it selects by, and still its own.
func TestTheClustersOwnPrometheusFindsWhatIsWatched(t *testing.T) {
	cfg := cloud()
	cfg.Existing.Prometheus = map[string]string{"release": "prom"}
	found := map[string]int{}
	for _, r := range registered(t, cfg, credit()).Resources {
		kind := r.Type[strings.LastIndex(r.Type, ":")+1:]
		if kind != "ServiceMonitor" && kind != "PrometheusRule" {
			continue
		}
		found[kind]++
		labels, _ := r.At("metadata.labels").(map[string]any)
		if labels["release"] != "prom" || labels["app.kubernetes.io/managed-by"] == nil {
			t.Errorf("%s %s has the labels %v", kind, r.Name, labels)
		}
	}
	if found["ServiceMonitor"] == 0 || found["PrometheusRule"] < 2 {
		t.Errorf("found %v", found)
	}
}
