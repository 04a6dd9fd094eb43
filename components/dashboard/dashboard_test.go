package dashboard

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func good() *Args {
	return &Args{Namespace: "credit-risk", Name: "dashboard", Labels: map[string]string{"a": "b"}, JSON: []byte("{}")}
}

func TestADashboardIsFoundByItsLabel(t *testing.T) {
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk-dashboard", good())
		return err
	}).One(t, "kubernetes:core/v1:ConfigMap")
	for path, want := range map[string]any{
		"metadata.name": "dashboard", "metadata.namespace": "credit-risk", "metadata.labels." + Label: "1",
		"metadata.labels.a": "b",
	} {
		if got := r.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if data, _ := r.At("data").(map[string]any); data["dashboard.json"] != "{}" {
		t.Errorf("the data is %v", r.At("data"))
	}
}

func TestEveryProblemOfADashboardIsReported(t *testing.T) {
	for _, c := range []struct {
		json  []byte
		wants []string
	}{
		{nil, []string{`namespace "X"`, `dashboard "Y"`, "label a", "0 bytes"}},
		{make([]byte, maxBytes+1), []string{"fewer endpoints"}},
	} {
		err := (&Args{Namespace: "X", Name: "Y", Labels: map[string]string{"a": "b c"}, JSON: c.json}).Validate()
		for _, want := range c.wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not reported: %v", want, err)
			}
		}
	}
}
