package consequence

import (
	"strings"
	"testing"
)

func TestAPreviewIsDescribedForItsComment(t *testing.T) {
	object := func(kind, namespace, name, component string, spec map[string]any) Resource {
		return Resource{Type: "kubernetes:x/v1:" + kind, Properties: map[string]any{"spec": spec,
			"metadata": map[string]any{"name": name, "namespace": namespace, "labels": map[string]any{
				"app.kubernetes.io/component": component, "app.kubernetes.io/name": name}}}}
	}
	pod := map[string]any{"containers": []any{map[string]any{"resources": map[string]any{
		"requests": map[string]any{"cpu": "500m", "memory": "1Gi"}}}}}
	list := []Resource{
		object("Namespace", "", "acme-credit-pr-12", "", nil),
		object("Service", "acme-credit-pr-12", "scoring", "endpoint", nil),
		object("Service", "acme-credit-pr-12", "other", "monitor", nil),
		object("Deployment", "acme-credit-pr-12", "scoring", "endpoint", map[string]any{"replicas": 2.0,
			"template": map[string]any{"spec": pod}}),
	}
	prices := Prices{Date: "2026-11", Currency: "USD", CPUHour: 0.04, GiBHour: 0.005, HourMonth: 730}
	want := "### Preview\n\n- namespace `acme-credit-pr-12`\n" +
		"- endpoint `scoring`: `kubectl port-forward --namespace acme-credit-pr-12 service/scoring 8080:80`\n" +
		"- cost: endpoints reserve 1 CPU and 2 GiB to 1 CPU and 2 GiB, about 1.20 to 1.20 USD a day by prices of 2026-11, without storage, traffic and training\n"
	if got := PreviewMarkdown(list, "", prices); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got := PreviewMarkdown(list, "https://ENDPOINT.NAMESPACE.example.com/", Prices{})
	if !strings.Contains(got, ": <https://scoring.acme-credit-pr-12.example.com/>\n") || strings.Contains(got, "a day") {
		t.Error(got)
	}
}
