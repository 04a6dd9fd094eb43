package drift_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// digest is the output of `pulumi preview --json` with the steps.
func digest(steps ...string) string {
	return `{"config": {}, "steps": [` + strings.Join(steps, ",") + `], "changeSummary": {"update": 1}}`
}

// updated is a step that would change a property back.
func updated(kind, path, from, to string) string {
	return fmt.Sprintf(`{"op": "update", "urn": "urn:pulumi:prod::ashlar::%[1]s::x", "detailedDiff": {%[2]q: {"kind": "update"}},
		"oldState": {"type": %[1]q, "outputs": {%[2]q: %[3]s}}, "newState": {"type": %[1]q, "inputs": {%[2]q: %[4]s}}}`,
		kind, path, from, to)
}

func TestResourcesAreClassified(t *testing.T) {
	for _, c := range []struct {
		kind, path string
		want       drift.Class
	}{
		{"aws:ec2/securityGroup:SecurityGroup", "ingress", drift.Security},
		{"aws:ec2/securityGroup:SecurityGroup", "tags", drift.Benign},
		{"aws:ec2/securityGroup:SecurityGroup", "tagsAll.x", drift.Benign},
		{"aws:iam/role:Role", "assumeRolePolicy", drift.Security},
		{"aws:iam/rolePolicy:RolePolicy", "policy", drift.Security},
		{"aws:s3/bucketPolicy:BucketPolicy", "policy", drift.Security},
		{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "blockPublicAcls", drift.Security},
		{"aws:s3/bucketV2:BucketV2", "forceDestroy", drift.Data},
		{"aws:s3/bucketVersioningV2:BucketVersioningV2", "versioningConfiguration.status", drift.Data},
		{"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "rules", drift.Data},
		{"aws:rds/instance:Instance", "instanceClass", drift.Cost},
		{"aws:rds/instance:Instance", "allocatedStorage", drift.Cost},
		{"aws:rds/instance:Instance", "deletionProtection", drift.Data},
		{"aws:rds/instance:Instance", "backupRetentionPeriod", drift.Data},
		{"aws:rds/instance:Instance", "publiclyAccessible", drift.Security},
		{"aws:eks/nodeGroup:NodeGroup", "scalingConfig.desiredSize", drift.Cost},
		{"aws:eks/nodeGroup:NodeGroup", "instanceTypes[0]", drift.Cost},
		{"aws:eks/cluster:Cluster", "vpcConfig.publicAccessCidrs", drift.Security},
		{"aws:kms/key:Key", "policy", drift.Security},
		{"aws:kms/key:Key", "deletionWindowInDays", drift.Data},
		{"aws:cloudtrail/trail:Trail", "enableLogFileValidation", drift.Security},
		{"aws:other/thing:Thing", "property", drift.Security}, // what no rule knows
		{"kubernetes:networking.k8s.io/v1:NetworkPolicy", "spec.ingress", drift.Security},
		{"kubernetes:apps/v1:Deployment", "spec.replicas", drift.Cost},
		{"kubernetes:core/v1:Namespace", "metadata.labels", drift.Benign},
	} {
		r, err := drift.Preview(strings.NewReader(digest(updated(c.kind, c.path, `"was"`, `"is"`))))
		if err != nil || len(r.Findings) != 1 || r.Findings[0].Class != c.want || r.Findings[0].Why == "" ||
			r.Findings[0].Change != drift.Changed {
			t.Errorf("%s %s: %+v, %v; want %s", c.kind, c.path, r.Findings, err, c.want)
		}
	}
}

func TestStepsBecomeFindings(t *testing.T) {
	bucket := `"urn": "urn:pulumi:prod::ashlar::aws:s3/bucketV2:BucketV2::data", "newState": {"type": "aws:s3/bucketV2:BucketV2"}`
	for name, c := range map[string]struct {
		step, want string
	}{
		"same":      {`{"op": "same", ` + bucket + `}`, ""},
		"refresh":   {`{"op": "refresh", ` + bucket + `}`, ""},
		"the stack": {`{"op": "update", "urn": "urn:pulumi:prod::ashlar::pulumi:pulumi:Stack::ashlar-prod"}`, ""},
		"gone":      {`{"op": "create", ` + bucket + `}`, "data missing "},
		"more":      {`{"op": "delete", ` + bucket + `}`, "data unknown "},
		"a tag added": {`{"op": "update", ` + bucket +
			`, "detailedDiff": {"tags.x": {"kind": "delete"}}}`, "benign added tags.x"},
		"a tag gone": {`{"op": "update", ` + bucket +
			`, "detailedDiff": {"tags.x": {"kind": "add"}}}`, "benign removed tags.x"},
		"no details":     {`{"op": "update", ` + bucket + `, "diffReasons": ["acl"]}`, "security changed acl"},
		"nothing at all": {`{"op": "replace", ` + bucket + `}`, "data changed "},
	} {
		r, err := drift.Preview(strings.NewReader(digest(c.step)))
		got := ""
		for _, f := range r.Findings {
			got += fmt.Sprintf("%s %s %s", f.Class, f.Change, f.Path)
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestValuesOfAPreview(t *testing.T) {
	r, err := drift.Preview(strings.NewReader(digest(
		`{"op": "update", "urn": "urn:pulumi:prod::a::aws:ec2/securityGroup:SecurityGroup::nodes", "detailedDiff": {"ingress[0].cidrBlocks[0]": {"kind": "update"}},
			"oldState": {"type": "aws:ec2/securityGroup:SecurityGroup", "outputs": {"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]}},
			"newState": {"type": "aws:ec2/securityGroup:SecurityGroup", "inputs": {"ingress": [{"cidrBlocks": ["10.0.0.0/16"]}]}}}`,
		updated("aws:rds/instance:Instance", "password", `"hunter1"`, `"hunter2"`),
		updated("aws:x/y:Z", "plain", `"[secret]"`,
			`{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter3"}`))))
	if err != nil || len(r.Findings) != 3 || r.Compared != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	if f := r.Findings[0]; f.Expected != `"10.0.0.0/16"` || f.Found != `"0.0.0.0/0"` ||
		f.Object != "aws:ec2/securityGroup:SecurityGroup nodes" {
		t.Errorf("%+v", f)
	}
	if text := fmt.Sprintf("%+v", r) + r.Markdown(); strings.Contains(text, "hunter") {
		t.Errorf("a secret is told: %s", text)
	}
}

// TestKeysWithDotsAreRead: Pulumi 3 writes them in quotes.
func TestKeysWithDotsAreRead(t *testing.T) {
	r, err := drift.Preview(strings.NewReader(digest(`{"op": "update", "urn": "urn:pulumi:dev::a::kubernetes:core/v1:Namespace::credit",
		"detailedDiff": {"metadata.labels[\"pod-security.kubernetes.io/enforce\"]": {"kind": "update"}},
		"oldState": {"type": "kubernetes:core/v1:Namespace", "outputs": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}},
		"newState": {"type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}}}`)))
	if err != nil || len(r.Findings) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if f := r.Findings[0]; f.Class != drift.Security ||
		f.Path != "metadata.labels[pod-security.kubernetes.io/enforce]" ||
		f.Expected != `"restricted"` || f.Found != `"privileged"` {
		t.Errorf("%+v", f)
	}
}

func TestEventsAreReadAsPreviews(t *testing.T) {
	lines := `{"sequence": 1, "preludeEvent": {}}
{"sequence": 2, "resourcePreEvent": {"metadata": {"op": "update", "urn": "urn:pulumi:p::a::aws:rds/instance:Instance::db", "type": "aws:rds/instance:Instance",
	"old": {"type": "aws:rds/instance:Instance", "outputs": {"instanceClass": "db.r6g.16xlarge"}}, "new": {"type": "aws:rds/instance:Instance", "inputs": {"instanceClass": "db.t4g.small"}},
	"diffs": ["instanceClass"]}, "planning": true}}
{"sequence": 3, "summaryEvent": {}}
`
	r, err := drift.Preview(strings.NewReader(lines))
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Class != drift.Cost ||
		r.Findings[0].Found != `"db.r6g.16xlarge"` ||
		r.Findings[0].Expected != `"db.t4g.small"` {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAPreviewThatFailedIsNoComparison(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no JSON": "Previewing update (prod):", "half": `{"steps": [`,
		"failed":           `{"steps": [], "diagnostics": [{"severity": "error", "message": "no credentials\nmore"}]}`,
		"failed in events": `{"diagnosticEvent": {"severity": "error", "message": "no credentials"}}`,
	} {
		if r, err := drift.Preview(strings.NewReader(text)); err == nil {
			t.Errorf("%s is read: %+v", name, r)
		} else if strings.HasPrefix(name, "failed") && !strings.HasSuffix(err.Error(), "no credentials") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzPreview: whatever is read, it ends with classified findings or an error.
func FuzzPreview(f *testing.F) {
	f.Add(digest(updated("aws:rds/instance:Instance", "a[0].b", `[{"b": 1}]`, `null`)))
	f.Add(`{"resourcePreEvent": {"metadata": {"op": "delete", "urn": "x", "detailedDiff": {"[": {"kind": "add"}}}}}`)
	f.Add(digest(updated("x", `a["b`, `1`, `2`)))
	f.Add(`{"changeSummary": {}, "steps": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := drift.Preview(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, one := range r.Findings {
			if one.Class == "" || one.Why == "" || one.Advice == "" {
				t.Errorf("%+v", one)
			}
		}
		_ = r.Markdown()
	})
}
