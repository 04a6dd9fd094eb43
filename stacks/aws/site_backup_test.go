package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

const backupBucket = "ashlar-prod-ashlar-backups-123456789012"

// backedUp is the config with backups in another region.
func backedUp(c config.Config) config.Config {
	c.Backup = config.BackupConfig{URL: "s3://" + backupBucket + "/all?region=eu-west-1",
		Schedule: "5 4 * * *", Keep: 9}
	if c.Provider == config.ProviderKubernetes {
		c.Backup.URL = "s3://away/all?region=eu-west-1&endpoint=https://192.0.2.77:9443"
	}
	c.Monitoring = true
	return c
}

func TestBackupsAreMadeWhereTheConfigSays(t *testing.T) {
	for _, cfg := range []config.Config{cloud(), elsewhere()} {
		if len(registered(t, cfg, credit()).All("kubernetes:batch/v1:CronJob")) == 0 {
			t.Fatal("there is no CronJob at all")
		}
		for _, r := range objects(registered(t, cfg, credit())) {
			if strings.Contains(r.Text("metadata.name"), "backup") {
				t.Errorf("%s is there without a place of backups", r.Name)
			}
		}
		cfg = backedUp(cfg)
		r := registered(t, cfg, credit())
		jobs := r.All("kubernetes:batch/v1:CronJob")
		i := slices.IndexFunc(jobs, func(j pulumitest.Resource) bool { return j.Text("metadata.name") == "backup-records" })
		if i < 0 {
			t.Fatal("no job makes backups")
		}
		job := jobs[i]
		if job.Text("spec.schedule") != "5 4 * * *" || job.Text("spec.concurrencyPolicy") != "Forbid" {
			t.Errorf("it runs at %s, %s", job.Text("spec.schedule"), job.Text("spec.concurrencyPolicy"))
		}
		for _, pod := range podSpecs(job) {
			container := pod["containers"].([]any)[0].(map[string]any)
			var words []string
			for _, key := range []string{"command", "args"} {
				list, _ := container[key].([]any)
				for _, w := range list {
					words = append(words, w.(string))
				}
			}
			line := strings.Join(words, " ")
			if pod["serviceAccountName"] != "backup-records" ||
				!strings.Contains(line, "backup --to s3://") ||
				!strings.Contains(line, "/all/ashlar/prod/credit-risk?region=eu-west-1") ||
				!strings.HasSuffix(line, "--keep 9") {
				t.Errorf("as %v it runs %s", pod["serviceAccountName"], line)
			}
		}
		rules := 0
		for _, one := range r.Resources {
			if strings.HasSuffix(one.Type, ":PrometheusRule") && one.Text("metadata.name") == "backup-records" {
				rules++
			}
		}
		if rules != 1 {
			t.Errorf("%d objects have its alert", rules)
		}
	}
}

// TestTheBackupMayReadAndWriteItsOwnPlaceAlone: by its role, and within the boundary.
func TestTheBackupMayReadAndWriteItsOwnPlaceAlone(t *testing.T) {
	r := registered(t, backedUp(cloud()), credit())
	role := policyOf(t, r, "credit-risk-backup-records")
	bound := pulumitest.Statements(t, iamFoundation(t).Named(t, "aws:iam/policy:Policy",
		"workloads-boundary").Text("policy"))
	place := "arn:aws:s3:::" + backupBucket
	store := pulumitest.Arn("aws:s3/bucketV2:BucketV2", "credit-risk-store")
	for _, c := range []struct {
		action, resource string
		want             bool
	}{
		{"s3:PutObject", place + "/all/ashlar/prod/credit-risk/objects/sha256/ab/c", true},
		{"s3:GetObject", place + "/all/ashlar/prod/credit-risk/refs/backups/x.ref", true},
		{"s3:DeleteObject", place + "/all/ashlar/prod/credit-risk/refs/backups/x.ref", true},
		{"s3:PutObject", place + "/all/ashlar/prod/customer-churn/refs/backups/x.ref", false},
		{"s3:PutObject", "arn:aws:s3:::ashlar-prod-other-123456789012/x", false},
		{"s3:GetObject", store + "/objects/sha256/ab/c", true},
		{"s3:GetObject", store + "/refs/runs/x.ref", true},
		{"s3:PutObject", store + "/objects/sha256/ab/c", false},
		{"s3:DeleteObject", store + "/objects/sha256/ab/c", false},
	} {
		request := pulumitest.Request{Action: c.action, Resource: c.resource,
			Context: map[string]string{"aws:PrincipalTag/ashlar:tenant": "ashlar"}} // which the role has
		if got := may(t, role, request); got != c.want {
			t.Errorf("%s %s: %t", c.action, c.resource, got)
		}
		if c.want && strings.HasPrefix(c.resource, place) && !may(t, bound, request) {
			t.Errorf("%s %s: the boundary does not let it", c.action, c.resource)
		}
	}
	if w := lineage.Backup("s3://x"); w.Duty() != "watch" {
		t.Errorf("it is the database's user %q", w.Duty())
	}
}

func TestTheBackupReachesItsPlace(t *testing.T) {
	cfg := backedUp(elsewhere())
	r := registered(t, cfg, credit())
	pods := labels(lineage.KindBackup, lineage.BackupName)
	for _, c := range []struct {
		address string
		port    int
		want    bool
	}{
		{"192.0.2.77", 9443, true}, {"192.0.2.77", 443, false}, {"192.0.2.78", 9443, false},
		{"10.1.2.3", 5433, true}, {"10.1.2.4", 5433, false},
	} {
		if got := reaches(t, r, cfg.NamespaceOf(credit()), pods, c.address, c.port); got != c.want {
			t.Errorf("%s:%d is reached: %t", c.address, c.port, got)
		}
	}
	if reaches(t, r, cfg.NamespaceOf(credit()), labels(lineage.KindEndpoint, "scoring"), "192.0.2.77", 9443) {
		t.Error("an endpoint reaches the place of backups")
	}
}
