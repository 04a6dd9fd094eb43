package policies

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// bad is an unencrypted public bucket and a privileged pod; good is the same
// put right.
func badStack() []Registered {
	pod := workload("scoring")
	spec := dig(pod, "spec", "template", "spec").(map[string]any)
	spec["containers"].([]any)[0].(map[string]any)["securityContext"].(map[string]any)["privileged"] = true
	return []Registered{
		{URN: "urn:bucket", Type: "aws:s3/bucketV2:BucketV2", Name: "models",
			Properties: map[string]any{"acl": "public-read"}},
		{URN: "urn:scoring", Type: "kubernetes:apps/v1:Deployment", Name: "scoring", Properties: pod},
	}
}

func goodStack() []Registered {
	bucket := []string{"urn:bucket"}
	labels := map[string]any{"matchLabels": map[string]any{"app": "scoring"}}
	object := func(kind string, spec map[string]any) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": kind,
			"metadata": map[string]any{"namespace": "credit"}, "spec": spec}
	}
	return []Registered{
		{URN: "urn:bucket", Type: "aws:s3/bucketV2:BucketV2", Name: "models", Properties: map[string]any{}},
		{URN: "urn:e", Type: "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", Name: "models", Properties: map[string]any{}, References: bucket},
		{URN: "urn:v", Type: "aws:s3/bucketVersioningV2:BucketVersioningV2", Name: "models",
			Properties: map[string]any{"versioningConfiguration": map[string]any{"status": "Enabled"}},
			References: bucket},
		{URN: "urn:p", Type: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", Name: "models",
			References: bucket, Properties: map[string]any{
				"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true,
				"restrictPublicBuckets": true}},
		{URN: "urn:t", Type: "aws:s3/bucketPolicy:BucketPolicy", Name: "models", References: bucket,
			Properties: map[string]any{
				"policy": `{"Statement": {"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}`}},
		{URN: "urn:scoring", Type: "kubernetes:apps/v1:Deployment", Name: "scoring", Properties: workload("scoring")},
		{URN: "urn:b", Type: "kubernetes:policy/v1:PodDisruptionBudget", Name: "scoring",
			Properties: object("PodDisruptionBudget", map[string]any{"selector": labels})},
		{URN: "urn:n", Type: "kubernetes:networking.k8s.io/v1:NetworkPolicy", Name: "scoring",
			Properties: object("NetworkPolicy", map[string]any{"podSelector": labels})},
	}
}

// refusals are the rules that refuse something in the stack, by point.
func refusals(s *Set, stack []Registered) []string {
	j, now := s.Judge(), time.Now()
	var out []string
	take := func(found []Finding) {
		for _, f := range found {
			if f.Refuses() && !slices.Contains(out, f.Policy) {
				out = append(out, f.Policy)
			}
		}
	}
	for _, r := range stack {
		take(j.CheckResource(r, "prod", now))
	}
	for _, urn := range keys(j.CheckStack(stack, "prod", now)) {
		take(j.CheckStack(stack, "prod", now)[urn])
	}
	slices.Sort(out)
	return out
}

func TestABadStackIsRefusedAndTheSamePutRightIsNot(t *testing.T) {
	s := shipped(t)
	want := "reliability/bucket-versioned reliability/disruption-budget security/bucket-acl security/bucket-encrypted security/bucket-not-public security/bucket-tls security/pod-not-privileged security/pods-isolated"
	if got := strings.Join(refusals(s, badStack()), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := refusals(s, goodStack()); len(got) > 0 {
		t.Errorf("the good stack is refused by %v", got)
	}
}

func TestWhatIsNotKnownYetIsUndecided(t *testing.T) {
	s := must(t, `package house
import "ashlar.dev/policy"
policy.#Pack & {name: "house", rules: {
	"by-cue": {
		title: "t", about: "resource", reason: "r", fix: "f"
		match: type: "x:y:Z"
		require: properties: {size: int, most: int & >=size}
	}
	"lowered": {
		title: "t", about: "resource", reason: "r", fix: "f"
		match: type: "x:y:Z"
		require: properties: {size: <=10, most: <=20}
	}
}}
`)
	if r := ruleOf(t, s, "house/by-cue"); r.NotLowered == "" {
		t.Fatal("the rule about two values was lowered")
	}
	unknown := plan.Unknown{}
	cases := []struct {
		name       string
		properties map[string]any
		want       string // of by-cue, of lowered
	}{
		{"all known and fine", map[string]any{"size": 1, "most": 2}, "passes passes"},
		{"all known and wrong", map[string]any{"size": 30, "most": 2}, "refused refused"},
		{"one not known", map[string]any{"size": unknown, "most": 2}, "undecided undecided"},
		{"neither known", map[string]any{"size": unknown, "most": unknown}, "undecided undecided"},
		{"another value not known", map[string]any{"size": 1, "most": 2, "name": unknown}, "passes passes"},
		{"one not known, the other wrong anyway", map[string]any{"size": unknown, "most": "many"}, "refused refused"},
		{"one not there at all", map[string]any{"size": unknown}, "undecided refused"},
	}
	for _, c := range cases {
		got := map[string]string{"house/by-cue": "passes", "house/lowered": "passes"}
		for _, f := range s.Judge().CheckResource(Registered{Type: "x:y:Z", Name: "n",
			Properties: c.properties}, "", time.Now()) {
			switch {
			case f.Refuses():
				got[f.Policy] = "refused"
			case f.Undecided && got[f.Policy] != "refused":
				got[f.Policy] = "undecided"
			}
		}
		if have := got["house/by-cue"] + " " + got["house/lowered"]; have != c.want {
			t.Errorf("%s: %s, want %s", c.name, have, c.want)
		}
	}
	found := s.Judge().CheckResource(Registered{Type: "x:y:Z",
		Properties: map[string]any{"size": unknown, "most": 2}}, "", time.Now())
	if len(found) == 0 || !strings.Contains(found[0].String(), "undecided house/") {
		t.Errorf("%v", found)
	}
}

func TestAnUnknownMatchLeavesTheFindingUndecided(t *testing.T) {
	acl := Registered{Type: "aws:s3/bucketAclV2:BucketAclV2", Name: "a",
		Properties: map[string]any{"acl": plan.Unknown{}}}
	found := shipped(t).Judge().CheckResource(acl, "prod", time.Now())
	if len(found) != 1 || !found[0].Undecided || found[0].Refuses() {
		t.Errorf("%+v", found)
	}
}

func TestSecretsAreJudgedButNotShown(t *testing.T) {
	pod := workload("scoring")
	container := dig(pod, "spec", "template", "spec").(map[string]any)["containers"].([]any)[0].(map[string]any)
	container["env"] = []any{map[string]any{"name": "DB_PASSWORD", "value": plan.Secret{Value: "hunter2"}}}
	found := shipped(t).Judge().CheckResource(Registered{Type: "kubernetes:apps/v1:Deployment", Name: "scoring",
		Properties: pod}, "prod", time.Now())
	if len(found) != 1 || found[0].Policy != "security/no-literal-secrets" {
		t.Fatalf("%v", found)
	}
	if text := found[0].String() + found[0].Found; strings.Contains(text, "hunter2") {
		t.Errorf("the secret is shown: %s", text)
	}
	policy := Registered{Type: "aws:iam/policy:Policy", Name: "p",
		Properties: map[string]any{"policy": plan.Secret{Value: `{"Statement":[{"Effect":"Allow","Action":"*"}]}`}}}
	if found := shipped(t).Judge().CheckResource(policy, "prod", time.Now()); len(found) != 1 || !found[0].Refuses() {
		t.Errorf("a secret document is not judged: %v", found)
	}
}

func TestARuleAboutSecretsDoesNotShowThem(t *testing.T) {
	config := Registered{Type: "kubernetes:core/v1:ConfigMap", Name: "c",
		Properties: map[string]any{"data": map[string]any{"API_KEY": "hunter2"}}}
	found := shipped(t).Judge().CheckResource(config, "prod", time.Now())
	if len(found) != 1 || found[0].Found != "a secret" || strings.Contains(fmt.Sprintf("%+v", found), "hunter2") {
		t.Errorf("found %+v", found)
	}
}

// CUE's own errors quote the values that they are about.
func TestWhatOnlyCUEJudgesDoesNotShowSecrets(t *testing.T) {
	const rule = `package house

import ("ashlar.dev/policy", "net")

policy.#Pack & {name: "house", rules: {
	upper: {
		title: "t", about: "resource", reason: "r", fix: "f"
		require: {name: string, properties: a: {b: net.IPv4, ...}}
	}
	listed: {
		title: "t", about: "resource", reason: "r", fix: "f", conceal: ["list"]
		require: properties: list?: [...{v: net.IPv4}]
	}
}}
`
	sources, err := Folder(fstest.MapFS{"house.cue": {Data: []byte(rule)}}, ".", "")
	if err != nil {
		t.Fatal(err)
	}
	set, err := New(sources...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules() {
		if r.NotLowered == "" {
			t.Fatalf("%s is lowered, so this shows nothing", r.ID)
		}
	}
	secret := plan.Secret{Value: "hunter2"}
	for what, properties := range map[string]map[string]any{
		"a secret value":    {"a": map[string]any{"b": secret}},
		"a secret around":   {"a": plan.Secret{Value: map[string]any{"b": "hunter2"}}},
		"a secret inside":   {"a": []any{secret}},
		"a concealed field": {"a": map[string]any{"b": "10.0.0.1"}, "list": []any{map[string]any{"v": "hunter2"}}},
	} {
		found := set.Judge().CheckResource(Registered{Type: "x", Name: "n", Properties: properties}, "", time.Now())
		if len(found) == 0 || strings.Contains(fmt.Sprintf("%+v", found), "hunter2") {
			t.Errorf("%s: %+v", what, found)
		}
	}
}

func TestResourcesArePutRight(t *testing.T) {
	j := shipped(t).Judge()
	database := Registered{Type: "aws:rds/instance:Instance", Name: "db", Properties: map[string]any{
		"publiclyAccessible": true, "backupRetentionPeriod": 7, "deletionProtection": true,
		"multiAz": true, "engine": "postgres"}}
	rules := j.Remedies(database, "prod", time.Now(), nil)
	if len(rules) != 2 || rules[0].ID != "security/database-encrypted" ||
		rules[1].ID != "security/database-not-public" {
		t.Fatalf("%v", rules)
	}
	put := map[string]any{"properties": database.Properties}
	for _, r := range rules {
		put = Remedied(put, r.Remedy)
	}
	if database.Properties["publiclyAccessible"] != true {
		t.Error("the resource that was given changed")
	}
	database.Properties = put["properties"].(map[string]any)
	if database.Properties["engine"] != "postgres" || database.Properties["storageEncrypted"] != true {
		t.Errorf("%v", database.Properties)
	}
	if again := j.Remedies(database, "prod", time.Now(), nil); len(again) != 0 {
		t.Errorf("it is put right twice: %v", again)
	}
	if found := j.CheckResource(database, "prod", time.Now()); len(found) != 0 {
		t.Errorf("put right, and still: %v", found)
	}
	unknown := Registered{Type: "aws:rds/instance:Instance", Name: "db",
		Properties: map[string]any{"storageEncrypted": plan.Unknown{}, "publiclyAccessible": false}}
	if rules := j.Remedies(unknown, "prod", time.Now(), nil); len(rules) != 0 {
		t.Errorf("a value that is not known is replaced: %v", rules)
	}
}

func TestPodsAreFoundInWhateverMakesThem(t *testing.T) {
	pod := map[string]any{"metadata": map[string]any{"labels": map[string]any{"a": "b"}},
		"spec": map[string]any{"hostNetwork": true}}
	cases := map[string]map[string]any{
		"Pod": {"apiVersion": "v1", "kind": "Pod", "metadata": pod["metadata"], "spec": pod["spec"],
			"status": map[string]any{}},
		"Deployment": {"apiVersion": "apps/v1", "kind": "Deployment", "spec": map[string]any{"template": pod}},
		"Rollout": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
			"spec": map[string]any{"template": pod}},
		"CronJob": {"apiVersion": "batch/v1", "kind": "CronJob",
			"spec": map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": pod}}}},
	}
	for kind, properties := range cases {
		found := shipped(t).Judge().CheckResource(Registered{Type: "kubernetes:x:" + kind, Name: "n",
			Properties: properties}, "prod", time.Now())
		if !slices.ContainsFunc(found, func(f Finding) bool {
			return f.Policy == "security/pod-not-host" &&
				f.Refuses()
		}) {
			t.Errorf("the pod of a %s is not found: %v", kind, found)
		}
	}
	if got, _, ok := podOf(map[string]any{"apiVersion": "apps/v1", "kind": "Deployment",
		"spec": plan.Unknown{}}); !ok || got != (plan.Unknown{}) {
		t.Errorf("a pod that is not known: %v, %t", got, ok)
	}
	if _, _, ok := podOf(map[string]any{"kind": "Pod", "spec": map[string]any{}}); ok {
		t.Error("what has no apiVersion is no Kubernetes object")
	}
}
