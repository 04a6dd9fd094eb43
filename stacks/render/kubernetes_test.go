package render

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// small is a namespace, a config, a migration, a deployment that waits for it
// and a secret.
func small(ctx *pulumi.Context) error {
	if _, err := kubernetes(ctx, "v1", "Namespace", "", "credit", nil); err != nil {
		return err
	}
	b, err := newBucket(ctx, "data", pulumi.Map{"bucket": str("credit-data")})
	if err != nil {
		return err
	}
	config, err := kubernetes(ctx, "v1", "ConfigMap", "credit", "plan", pulumi.Map{"data": pulumi.Map{
		"store": pulumi.Sprintf("s3://%s/store", b.Bucket), "arn": b.Arn, "id": b.ID(), "plain": str("true"),
	}})
	if err != nil {
		return err
	}
	job, err := kubernetes(ctx, "batch/v1", "Job", "credit", "migrate", nil,
		pulumi.DependsOn([]pulumi.Resource{config}))
	if err != nil {
		return err
	}
	if _, err := kubernetes(ctx, "v1", "Service", "credit", "scoring", nil,
		pulumi.DependsOn([]pulumi.Resource{job})); err != nil {
		return err
	}
	if _, err := kubernetes(ctx, "apps/v1", "Deployment", "credit", "scoring",
		pulumi.Map{"spec": pulumi.Map{"replicas": pulumi.Int(3)}},
		pulumi.DependsOn([]pulumi.Resource{job})); err != nil {
		return err
	}
	_, err = kubernetes(ctx, "v1", "Secret", "credit", "database",
		pulumi.Map{"stringData": pulumi.ToSecret(pulumi.StringMap{"url": str("hunter2")})})
	return err
}

func TestManifestsAreListedInTheOrderTheyAreApplied(t *testing.T) {
	files := rendered(t, Options{}, small)
	var k struct{ Resources []string }
	if err := yaml.Unmarshal(files["manifests/kustomization.yaml"], &k); err != nil {
		t.Fatal(err)
	}
	want := "credit/namespace-credit.yaml credit/configmap-plan.yaml credit/job-migrate.yaml credit/service-scoring.yaml credit/deployment-scoring.yaml"
	if got := strings.Join(k.Resources, " "); got != want {
		t.Errorf("kustomization lists\n%s, want\n%s", got, want)
	}
	deployment := string(files["manifests/credit/deployment-scoring.yaml"])
	want = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: scoring
  annotations:
    argocd.argoproj.io/sync-wave: "4"
  namespace: credit
spec:
  replicas: 3
`
	if deployment != want {
		t.Errorf("deployment\n%s, want\n%s", deployment, want)
	}
	if job := string(files["manifests/credit/job-migrate.yaml"]); !strings.Contains(job, "Force=true,Replace=true") ||
		!strings.Contains(job, "kustomize.toolkit.fluxcd.io/force: enabled") {
		t.Errorf("Argo CD or Flux could not change this job:\n%s", job)
	}
}

func TestConfigurationDoesNotWaitForAMigration(t *testing.T) {
	files := rendered(t, Options{}, func(ctx *pulumi.Context) error {
		job, err := kubernetes(ctx, "batch/v1", "Job", "credit", "migrate", nil)
		if err != nil {
			return err
		}
		for _, kind := range []string{"ServiceAccount", "Service"} {
			if _, err := kubernetes(ctx, "v1", kind, "credit", "scoring", nil,
				pulumi.DependsOn([]pulumi.Resource{job})); err != nil {
				return err
			}
		}
		return nil
	})
	for name, want := range map[string]string{"serviceaccount-scoring": `sync-wave: "1"`,
		"job-migrate":     `sync-wave: "2"`,
		"service-scoring": `sync-wave: "3"`} {
		if text := string(files["manifests/credit/"+name+".yaml"]); !strings.Contains(text, want) {
			t.Errorf("%s has not %s:\n%s", name, want, text)
		}
	}
}

func TestWhatTheCloudDecidesIsAVariableWithAnOutputOfItsName(t *testing.T) {
	files := rendered(t, Options{}, small)
	config := string(files["manifests/credit/configmap-plan.yaml"])
	for _, want := range []string{"store: s3://credit-data/store", "id: credit-data",
		"arn: ${aws_s3_bucket_data_arn}", `plain: "true"`} {
		if !strings.Contains(config, want) {
			t.Errorf("the config does not say %q:\n%s", want, config)
		}
	}
	if main := string(files["main.tf.json"]); !strings.Contains(main, `"aws_s3_bucket_data_arn"`) ||
		!strings.Contains(main, `"value": "${aws_s3_bucket.data.arn}"`) {
		t.Errorf("Terraform has no output for the variable:\n%s", main)
	}
	files = rendered(t, Options{Values: map[string]string{"aws_s3_bucket_data_arn": "arn:aws:s3:::credit-data"}}, small)
	if config := string(files["manifests/credit/configmap-plan.yaml"]); !strings.Contains(config,
		"arn: arn:aws:s3:::credit-data") {
		t.Errorf("a known value is not used:\n%s", config)
	}
}

func TestSecretsAreInNoFileButOnRequest(t *testing.T) {
	for path, text := range rendered(t, Options{}, small) {
		if strings.Contains(string(text), "hunter2") {
			t.Errorf("%s holds a secret:\n%s", path, text)
		}
	}
	files := rendered(t, Options{Secrets: true}, small)
	if secret := string(files["secrets/credit/secret-database.yaml"]); !strings.Contains(secret, "url: hunter2") {
		t.Errorf("the secret was asked for:\n%s", secret)
	}
	if list := string(files["manifests/kustomization.yaml"]); strings.Contains(list, "secret") {
		t.Errorf("a secret is among what goes to Git:\n%s", list)
	}
}

func TestTheSameProgramGivesTheSameFiles(t *testing.T) {
	a, b := rendered(t, Options{}, small), rendered(t, Options{}, small)
	if len(a) != len(b) {
		t.Fatalf("%d files, then %d", len(a), len(b))
	}
	for path := range a {
		if string(a[path]) != string(b[path]) {
			t.Errorf("%s differs:\n%s\n%s", path, a[path], b[path])
		}
	}
}

func TestReleasesAreAHelmfile(t *testing.T) {
	files := rendered(t, Options{}, func(ctx *pulumi.Context) error {
		props := func(name string) pulumi.Map {
			return pulumi.Map{"name": str(name), "namespace": str("argo"), "chart": str(name), "version": str("1.2.3"),
				"repositoryOpts": pulumi.Map{"repo": str("https://charts.example.com/argo")},
				"values":         pulumi.Map{"replicas": pulumi.Int(2)}}
		}
		first, err := register(ctx, releaseType, "workflows", props("workflows"))
		if err != nil {
			return err
		}
		_, err = register(ctx, releaseType, "rollouts", props("rollouts"), pulumi.DependsOn([]pulumi.Resource{first}))
		return err
	})
	var h struct {
		Repositories []struct{ Name, URL string }
		Releases     []struct {
			Name, Namespace, Chart, Version string
			Needs                           []string
			Values                          []map[string]any
		}
	}
	if err := yaml.Unmarshal(files["helmfile.yaml"], &h); err != nil {
		t.Fatal(err)
	}
	if len(h.Repositories) != 1 || len(h.Releases) != 2 || h.Releases[0].Needs[0] != "argo/workflows" ||
		h.Releases[0].Chart != h.Repositories[0].Name+"/rollouts" || h.Releases[1].Values[0]["replicas"] != 2 {
		t.Errorf("helmfile\n%s", files["helmfile.yaml"])
	}
}

func TestWhatCannotBeWrittenIsAnErrorThatNamesIt(t *testing.T) {
	rec := recorded(t, func(ctx *pulumi.Context) error {
		if _, err := register(ctx, "kubernetes:core/v1:ConfigMap", "nameless",
			pulumi.Map{"apiVersion": str("v1"), "kind": str("ConfigMap")}); err != nil {
			return err
		}
		_, err := register(ctx, "kubernetes:core/v1:ServicePatch", "other",
			pulumi.Map{"apiVersion": str("v1"), "kind": str("Service")})
		return err
	})
	_, err := All(rec, Options{})
	if err == nil || !strings.Contains(err.Error(), "ConfigMap nameless: has no metadata.name") ||
		!strings.Contains(err.Error(), "ServicePatch other: a patch") {
		t.Errorf("got %v", err)
	}
	empty, err := record.Program(context.Background(), func(*pulumi.Context) error { return nil },
		record.Run{Project: "p", Stack: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if files, err := All(empty, Options{}); err != nil || len(files) != 0 {
		t.Errorf("nothing became %v (%v)", files, err)
	}
}
