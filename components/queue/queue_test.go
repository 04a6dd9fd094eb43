package queue

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func TestAQueueLeadsToItsClusterQueue(t *testing.T) {
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-queue", &Args{Namespace: "credit", Name: "pipelines", ClusterQueue: "team-a",
			Labels: map[string]string{"a": "b"}})
		return err
	}).One(t, "kubernetes:kueue.x-k8s.io/v1beta2:LocalQueue")
	for path, want := range map[string]any{"metadata.name": "pipelines", "metadata.namespace": "credit",
		"metadata.labels.a": "b", "spec.clusterQueue": "team-a"} {
		if got := r.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestEveryProblemOfAQueueIsReported(t *testing.T) {
	err := (&Args{Namespace: "X", Name: "Y", ClusterQueue: "a b"}).Validate()
	for _, want := range []string{`namespace "X"`, `queue "Y"`, `"a b" is not the name of a ClusterQueue`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
}
