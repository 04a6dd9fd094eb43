// Command program is a Pulumi program for the tests: a bucket, a database and
// a workload, as bad or as good as its config says, written as somebody's own
// program would who uses no component of ours.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() { pulumi.Run(program) }

func program(ctx *pulumi.Context) error {
	good := config.GetBool(ctx, "good")
	s := stack{ctx: ctx}
	models := s.register("aws:s3/bucketV2:BucketV2", "models", pulumi.Map{"bucket": pulumi.String("models-of-mine")})
	acl := "public-read"
	if good {
		acl = "private"
		s.protect(models)
	}
	s.register("aws:s3/bucketAclV2:BucketAclV2", "models", pulumi.Map{"bucket": models.id(), "acl": pulumi.String(acl)})
	// The name of the subnet group is not known at preview, and no rule asks.
	group := s.register("aws:rds/subnetGroup:SubnetGroup", "db",
		pulumi.Map{"subnetIds": pulumi.ToStringArray([]string{"subnet-1"})})
	s.register("aws:rds/instance:Instance", "db", pulumi.Map{
		"instanceClass": pulumi.String("db.t4g.medium"), "dbSubnetGroupName": group.id(),
		"backupRetentionPeriod": pulumi.Int(7),
		"storageEncrypted":      pulumi.Bool(good), // what is not is put right
	})
	s.workload(good)
	return s.err
}

type stack struct {
	ctx *pulumi.Context
	err error
}

type made struct{ pulumi.CustomResourceState }

func (m *made) id() pulumi.StringOutput { return m.ID().ToStringOutput() }

// register registers a resource; the first error ends the program.
func (s *stack) register(token, name string, inputs pulumi.Map) *made {
	var m made
	if s.err == nil {
		s.err = s.ctx.RegisterResource(token, name, inputs, &m)
	}
	return &m
}

// protect adds what makes a bucket a safe one.
func (s *stack) protect(bucket *made) {
	const config = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	s.register(config, "models", pulumi.Map{"bucket": bucket.id(),
		"rules": pulumi.ToMapArray([]map[string]any{{"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "aws:kms"}}})})
	s.register("aws:s3/bucketVersioningV2:BucketVersioningV2", "models",
		pulumi.Map{"bucket": bucket.id(), "versioningConfiguration": pulumi.ToMap(map[string]any{"status": "Enabled"})})
	s.register("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "models", pulumi.Map{
		"bucket": bucket.id(), "blockPublicAcls": pulumi.Bool(true), "blockPublicPolicy": pulumi.Bool(true),
		"ignorePublicAcls": pulumi.Bool(true), "restrictPublicBuckets": pulumi.Bool(true),
	})
	s.register("aws:s3/bucketPolicy:BucketPolicy", "models", pulumi.Map{"bucket": bucket.id(), "policy": pulumi.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::%s/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, bucket.id())})
}

// workload is a deployment with what keeps it apart and available.
func (s *stack) workload(good bool) {
	labels := map[string]any{"app": "scoring"}
	object := func(token, version, kind string, spec map[string]any) {
		s.register("kubernetes:"+token, "scoring", pulumi.ToMap(map[string]any{
			"apiVersion": version, "kind": kind,
			"metadata": map[string]any{"name": "scoring", "namespace": "default"}, "spec": spec}))
	}
	object("apps/v1:Deployment", "apps/v1", "Deployment", map[string]any{
		"selector": map[string]any{"matchLabels": labels},
		"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{
			"securityContext": map[string]any{"runAsNonRoot": true,
				"seccompProfile": map[string]any{"type": "RuntimeDefault"}},
			"containers": []any{map[string]any{
				"name": "a", "image": "registry.example.com/runtime:1.0.0",
				"readinessProbe": map[string]any{"httpGet": map[string]any{"path": "/ready", "port": 8080}},
				"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "64Mi"},
					"limits": map[string]any{"memory": "64Mi"}},
				"securityContext": map[string]any{
					"privileged": !good, "allowPrivilegeEscalation": !good, "readOnlyRootFilesystem": true,
					"capabilities": map[string]any{"drop": []any{"ALL"}},
				},
			}},
		}},
	})
	object("policy/v1:PodDisruptionBudget", "policy/v1", "PodDisruptionBudget",
		map[string]any{"maxUnavailable": 1, "selector": map[string]any{"matchLabels": labels}})
	object("networking.k8s.io/v1:NetworkPolicy", "networking.k8s.io/v1", "NetworkPolicy",
		map[string]any{"podSelector": map[string]any{"matchLabels": labels}, "policyTypes": []any{"Ingress"}})
}
