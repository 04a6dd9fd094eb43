package policies

import (
	"fmt"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func BenchmarkLoadShippedPacks(b *testing.B) {
	for b.Loop() {
		shipped(b)
	}
}

// BenchmarkCheck100Blueprints checks every pack against a hundred plans; the
// promise is ten seconds.
func BenchmarkCheck100Blueprints(b *testing.B) {
	j, p := shipped(b).Judge(), example(b, "credit.prod")
	for b.Loop() {
		for range 100 {
			if _, err := j.Check(p, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkCheck5000Resources checks every pack against five thousand
// resources, one by one and as a stack; the promise is five seconds.
func BenchmarkCheck5000Resources(b *testing.B) {
	resources := manyResources(5000)
	j := shipped(b).Judge()
	for b.Loop() {
		for _, r := range resources {
			j.CheckResource(r, "prod", time.Now())
		}
		j.CheckStack(resources, "prod", time.Now())
	}
}

// manyResources are buckets, roles and workloads, good and bad.
func manyResources(n int) []Registered {
	var out []Registered
	for i := range n {
		name := fmt.Sprintf("r%d", i)
		switch i % 4 {
		case 0:
			out = append(out, Registered{URN: "urn:" + name, Type: "aws:s3/bucketV2:BucketV2", Name: name,
				Properties: map[string]any{"bucket": plan.Unknown{}}})
		case 1:
			out = append(out, Registered{URN: "urn:" + name,
				Type: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", Name: name,
				References: []string{fmt.Sprintf("urn:r%d", i-1)},
				Properties: map[string]any{"bucket": plan.Unknown{}, "blockPublicAcls": true, "blockPublicPolicy": true,
					"ignorePublicAcls": true, "restrictPublicBuckets": true}})
		case 2:
			out = append(out, Registered{URN: "urn:" + name, Type: "aws:iam/rolePolicy:RolePolicy", Name: name,
				Properties: map[string]any{"policy": `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`}})
		default:
			out = append(out, Registered{URN: "urn:" + name, Type: "kubernetes:apps/v1:Deployment", Name: name,
				Properties: workload(name)})
		}
	}
	return out
}

// workload is a Deployment that does everything right.
func workload(name string) map[string]any {
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": name, "namespace": "credit"},
		"spec": map[string]any{"template": map[string]any{
			"metadata": map[string]any{"labels": map[string]any{"app": name}},
			"spec": map[string]any{
				"securityContext": map[string]any{"runAsNonRoot": true,
					"seccompProfile": map[string]any{"type": "RuntimeDefault"}},
				"containers": []any{map[string]any{
					"name": "a", "image": "registry.example.com/runtime:1.0.0",
					"readinessProbe": map[string]any{"httpGet": map[string]any{"path": "/ready"}},
					"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "1Gi"},
						"limits": map[string]any{"memory": "1Gi"}},
					"securityContext": map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
						"capabilities": map[string]any{"drop": []any{"ALL"}}},
				}},
			},
		}},
	}
}
