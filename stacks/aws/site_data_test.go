package aws

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

const fileType = "aws:s3/bucketObjectv2:BucketObjectv2"

// folder holds the files, by path.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("a,b\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// toldOf registers one blueprint and returns what people are told of it.
func toldOf(t *testing.T, cfg config.Config, p *plan.Plan) (*summary, *pulumitest.Recording) {
	t.Helper()
	out := newOutputs()
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		s, err := newSite(ctx, cfg, foundationOf(cfg), p, out)
		if err != nil {
			return err
		}
		return s.register()
	})
	return out.of(p.Name), r
}

func TestFilesAtHandAreUploadedToWhereTheRuntimeLooks(t *testing.T) {
	cfg, p := cloud(), credit()
	cfg.Folders = map[string]string{"credit-risk": folder(t, "data/credit_data.csv", "data/other.csv",
		"parts/2024-01.csv", "parts/2024-02.csv")}
	p.Datasets["parts"] = plan.Dataset{Source: "parts/2024-*.csv"}
	told, r := toldOf(t, cfg, p)
	var keys []string
	for _, f := range r.All(fileType) {
		keys = append(keys, f.Text("key"))
		if !f.RetainOnDelete {
			t.Errorf("%s would be deleted with the stack", f.Text("key"))
		}
	}
	slices.Sort(keys)
	if got := strings.Join(keys, " "); got != "data/credit_data.csv parts/2024-01.csv parts/2024-02.csv" {
		t.Errorf("uploaded %s", got)
	}
	if len(told.uploads) != 1 || told.uploads["unused"] == nil {
		t.Errorf("people are told to upload %v; only data/unused.csv is missing", sorted(told.uploads))
	}
}

func TestWithoutAFolderPeopleAreToldWhereToPutTheData(t *testing.T) {
	told, r := toldOf(t, cloud(), credit())
	if files := r.All(fileType); len(files) != 0 {
		t.Errorf("%d files", len(files))
	}
	if len(told.uploads) != 2 {
		t.Errorf("told of %v", sorted(told.uploads))
	}
	told, _ = toldOf(t, elsewhere(), credit())
	if at := fmt.Sprint(told.uploads["applications"]); at != "s3://ml/team/ashlar/prod/credit-risk/data/applications/data/credit_data.csv" {
		t.Errorf("told to upload to %s", at)
	}
}

func TestADatasetsRetentionIsItsBucketsLifecycle(t *testing.T) {
	_, r := toldOf(t, cloud(), credit())
	days := map[string]string{}
	for _, l := range r.All("aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2") {
		days[l.Name] = fmt.Sprint(l.At("rules.2.expiration.days"))
	}
	if days["credit-risk-data-applications"] != "730" || days["credit-risk-data-unused"] != "<nil>" ||
		days["credit-risk-store"] != "<nil>" {
		t.Errorf("expire after %v", days)
	}
}

func TestPodsAreToldWhereTheirOwnThingsAreAndNoOthers(t *testing.T) {
	for _, cfg := range []config.Config{cloud(), elsewhere()} {
		cfg.Pipelines = config.PipelinesCronJob
		_, r := toldOf(t, cfg, credit())
		env := map[string][]string{}
		for _, res := range objects(r) {
			for _, spec := range podSpecs(res) {
				for _, c := range list(spec["containers"]) {
					for _, e := range list(c["env"]) {
						env[res.Name] = append(env[res.Name], fmt.Sprint(e["name"]))
					}
				}
			}
		}
		for name, want := range map[string]bool{"credit-risk-pipeline-nightly": true,
			"credit-risk-monitor-scoring-drift": true, "credit-risk-endpoint-scoring": false} {
			if got := slices.Contains(env[name], "ASHLAR_DATA"); got != want {
				t.Errorf("%s: %s is told of the data: %t", cfg.Provider, name, got)
			}
			for _, v := range []string{"ASHLAR_PLAN", "ASHLAR_STORE", "ASHLAR_DATABASE", "ASHLAR_DATABASE_AUTH"} {
				if !slices.Contains(env[name], v) {
					t.Errorf("%s: %s is not told %s", cfg.Provider, name, v)
				}
			}
		}
	}
}

func TestTheDeployedPlanLacksOnlyWhatThePlatformActsOn(t *testing.T) {
	p := credit()
	before, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	d := deployed(p, config.DeliveryRollout)
	if after, err := p.Digest(); err != nil || after != before {
		t.Errorf("the plan itself was changed (%v)", err)
	}
	e, line := p.Endpoints["scoring"], p.Pipelines["nightly"]
	e.Replicas, e.Strategy = plan.Replicas{Min: 1, Max: 1}, plan.Strategy{}
	line.Schedule, line.Retries, line.RetryDelay = "", 0, ""
	p.Endpoints["scoring"], p.Pipelines["nightly"] = e, line
	want, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.Digest(); err != nil || got != want {
		t.Errorf("it lacks something else too (%v)", err)
	}
}
