package consequence

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// object is a resource with properties as JSON.
func object(t *testing.T, typ, name, properties string) Resource {
	t.Helper()
	r := Resource{Type: typ, Name: name}
	if err := json.Unmarshal([]byte(properties), &r.Properties); err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	bucketType  = "aws:s3/bucketV2:BucketV2"
	policyType  = "aws:iam/rolePolicy:RolePolicy"
	netType     = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	hpaType     = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
	rolloutType = "kubernetes:argoproj.io/v1alpha1:Rollout"
)

// between compares two lists of resources of the same plan.
func between(was, is []Resource) []Change {
	prices, _ := ListPrices()
	return Comparer{Prices: prices}.Compare(&Side{Plan: base(), Resources: was},
		&Side{Plan: base(), Resources: is}, nil)
}

func TestWhatBecomesOfResources(t *testing.T) {
	bucket := func(name string) Resource {
		return object(t, bucketType, "data", `{"bucket": "`+name+`", "tags": {"a": "1"}}`)
	}
	kept, guarded, tagged := bucket("b"), bucket("b"), bucket("b")
	kept.Retain, guarded.Protect, tagged.Properties["tags"] = true, true, map[string]any{"a": "2"}
	service := func(ip string) Resource {
		return object(t, "kubernetes:core/v1:Service", "s", `{"spec": {"clusterIP": "`+ip+`"}}`)
	}
	one := func(r ...Resource) []Resource { return append([]Resource{}, r...) }
	for want, c := range map[string]struct{ was, is []Resource }{
		"":                                       {one(bucket("b")), one(bucket("b"))},
		"changed BucketV2 data: updated: tags.a": {one(bucket("b")), one(tagged)},
		"loses data BucketV2 data: is replaced by an empty one: bucket cannot be changed":                  {one(bucket("b")), one(bucket("c"))},
		"loses data BucketV2 data: is deleted with what is in it":                                          {one(bucket("b")), one()},
		"loses data BucketV2 data: is deleted with what is in it; it is protected, so applying this fails": {one(guarded), one()},
		"removed BucketV2 data: is left as it is, with what is in it, and managed no longer": {one(kept),
			one()},
		"added BucketV2 data: is made, empty\nadded resources: created: 1 BucketV2": {one(),
			one(bucket("b"))},
		"replaces Service s: spec.clusterIP cannot be changed in place": {one(service("1")), one(service("2"))},
		"removed resources: deleted: 1 Service":                         {one(service("1")), one()},
	} {
		var got []string
		for _, x := range between(c.was, c.is) {
			got = append(got, string(x.Effect)+" "+x.String())
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
		}
	}
	if got := between(nil, one(bucket("b"))); len(got) > 0 {
		t.Errorf("what nobody recorded is compared: %v", got)
	}
}

func TestPermissionsWidenAndNarrow(t *testing.T) {
	policy := func(statements string) []Resource {
		text, err := json.Marshal(`{"Statement": [` + statements + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		return []Resource{object(t, policyType, "train", `{"policy": `+string(text)+`}`)}
	}
	read := `{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:b/*", "Condition": {"StringEquals": {"aws:x": "1"}}}`
	elsewhere := strings.Replace(read, `"1"`, `["1", "2"]`, 1)
	write := `{"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:b/*"]}`
	but := `{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}`
	net := func(port string) []Resource {
		return []Resource{object(t, netType, "train", `{"spec": {"egress": [{"ports": [{"port": `+port+`}]}]}}`)}
	}
	for want, c := range map[string]struct{ was, is []Resource }{
		"loosened permissions of train: may now s3:PutObject on arn:b/*": {policy(read),
			policy(read + "," + write)},
		"tightened permissions of train: may no longer s3:PutObject on arn:b/*": {policy(read +
			"," + write), policy(read)},
		"loosened permissions of train: may now all but iam:* on *": {policy(read),
			policy(read + "," + but)},
		"loosened permissions of train: may now s3:GetObject on arn:b/* where aws:x": {policy(read), policy(elsewhere)},
		`loosened permissions of train: may now reach {"ports":[{"port":5432}]}`:     {net("443"), net("5432")},
	} {
		found := false
		for _, x := range between(c.was, c.is) {
			found = found || string(x.Effect)+" "+x.String() == want && x.Section == Access
		}
		if !found {
			t.Errorf("no %q in %v", want, between(c.was, c.is))
		}
	}
}

// accessOf is all that a change says of permissions, an effect and a message a line.
func accessOf(was, is []Resource) string {
	var out []string
	for _, x := range between(was, is) {
		if x.Section == Access {
			out = append(out, string(x.Effect)+" "+x.Message)
		}
	}
	return strings.Join(out, "\n")
}

func TestWhatIsDeniedCountsTheOtherWayRound(t *testing.T) {
	policy := func(statements string) []Resource {
		text, err := json.Marshal(`{"Statement": [` + statements + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		return []Resource{object(t, policyType, "train", `{"policy": `+string(text)+`}`)}
	}
	other := object(t, bucketType, "b", `{"bucket": "b"}`)
	read := `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}`
	where := `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Bool": {"x": "1"}}}`
	deny := `{"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}`
	denyWhere := `{"Effect": "Deny", "Action": "s3:Put*", "Resource": "*", "Condition": {"Bool": {"x": "1"}}}`
	mine := `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": {"AWS": "1"}}`
	all := `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"}`
	for name, c := range map[string]struct {
		was, is []Resource
		want    string
	}{
		"a denial goes":    {policy(read + "," + deny), policy(read), "loosened is no longer denied to s3:Put* on *"},
		"a denial is new":  {policy(read), policy(read + "," + deny), "tightened is now denied to s3:Put* on *"},
		"the policy goes":  {policy(deny), []Resource{other}, "loosened is no longer denied to s3:Put* on *"},
		"it is only new":   {[]Resource{other}, policy(deny), ""},
		"under conditions": {policy(deny), policy(denyWhere), "loosened is no longer denied to s3:Put* on *"},
		"under none":       {policy(denyWhere), policy(deny), "tightened is now denied to s3:Put* on *"},
		"a condition goes": {policy(where), policy(read), "loosened may now s3:GetObject on *"},
		"one is new":       {policy(read), policy(where), "tightened may no longer s3:GetObject on *"},
		"for everybody": {policy(mine), policy(all), `loosened may now s3:GetObject on * for "*"` + "\n" +
			`tightened may no longer s3:GetObject on * for {"AWS":"1"}`},
	} {
		if got := accessOf(c.was, c.is); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestPermissionsInAClusterWidenAndNarrow(t *testing.T) {
	net := func(spec string) []Resource { return []Resource{object(t, netType, "train", `{"spec": `+spec+`}`)} }
	role := func(rule string) []Resource {
		return []Resource{object(t, "kubernetes:rbac.authorization.k8s.io/v1:Role", "train", `{"rules": [`+rule+`]}`)}
	}
	other := []Resource{object(t, bucketType, "b", `{"bucket": "b"}`)}
	isolated := net(`{"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress", "Egress"]}`)
	named := role(`{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["a"]}`)
	secrets := role(`{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}`)
	const in, out = "be reached by what no network policy allows", "reach what no network policy allows"
	for name, c := range map[string]struct {
		was, is []Resource
		want    string
	}{
		"a network policy goes": {isolated, other,
			"loosened is no longer denied to " + in + "\nloosened is no longer denied to " + out},
		"one with flows goes": {net(`{"egress": [{"ports": [{"port": 443}]}], "policyTypes": ["Egress"]}`), other,
			"loosened is no longer denied to " + out},
		"a direction goes": {isolated, net(`{"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress"]}`),
			"loosened is no longer denied to " + out},
		"by default": {net(`{"policyTypes": ["Ingress"]}`), net(`{}`), ""},
		"of other pods": {net(`{"podSelector": {}}`), net(`{"podSelector": {"matchLabels": {"a": "b"}}}`),
			"loosened is no longer denied to " + in + "\ntightened is now denied to " + in},
		"a name goes":   {named, secrets, "loosened may now get secrets"},
		"a name is new": {secrets, named, "tightened may no longer get secrets"},
		"another name": {named, role(`{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["b"]}`),
			"loosened may now get secrets named b\ntightened may no longer get secrets named a"},
		"another group": {role(`{"apiGroups": ["apps"], "resources": ["*"], "verbs": ["get"]}`),
			role(`{"apiGroups": ["apps", "batch"], "resources": ["*"], "verbs": ["get"]}`),
			"loosened may now get *.batch"},
		"a role goes": {secrets, other, "removed Role, all of it"},
	} {
		if got := accessOf(c.was, c.is); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestCostIsWhatEndpointsReserve(t *testing.T) {
	scaled := func(low, high string) []Resource {
		return []Resource{
			object(t, hpaType, "e", `{"spec": {"minReplicas": `+low+`, "maxReplicas": `+high+
				`, "scaleTargetRef": {"kind": "Rollout", "name": "e"}}}`),
			object(t, rolloutType, "e", `{"metadata": {"name": "e"}, "spec": {"template": {"spec": {"containers": [{"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}]}}}}`),
		}
	}
	var got string
	for _, x := range between(scaled("2", "4"), scaled("4", "4")) {
		if x.Subject == "cost" {
			got = x.Message
		}
	}
	// 2 replicas of (0.5 x 0.04048 + 1 x 0.004445) x 730 hours
	if want := "endpoints reserve 2 CPU and 4 GiB to 2 CPU and 4 GiB, was 1 CPU and 2 GiB to 2 CPU and 4 GiB: about +36 to +0 USD a month by prices of 2025-10, without storage, traffic and training"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	zero := []Resource{object(t, "kubernetes:keda.sh/v1alpha1:ScaledObject", "e", `{"spec": {"minReplicaCount": 0,
		"maxReplicaCount": 4, "scaleTargetRef": {"kind": "Rollout", "name": "e"}}}`), scaled("2", "4")[1]}
	if least, most := reservedBy(zero); least.cpu != 0 || most.cpu != 2 {
		t.Errorf("KEDA's scaler reserves %v to %v, want 0 to 2 CPU", least, most)
	}
	for text, want := range map[string]string{"": "EOF", "{}": "all needed", `{"x": 1}`: "unknown field"} {
		if _, err := ReadPrices(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A loosened gate, a replaced bucket, a widened permission and a policy that
// flips come before everything else, in a pull request too.
func TestWhatIsAlarmingStandsAtTheTop(t *testing.T) {
	statement := func(s string) string {
		return `{"policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": [` + s + `], \"Resource\": \"*\"}]}"}`
	}
	was := &Side{Plan: base(), Resources: []Resource{object(t, bucketType, "data", `{"bucket": "b"}`),
		object(t, policyType, "train", statement(`\"s3:GetObject\"`))}}
	is := &Side{Plan: base(), Resources: []Resource{object(t, bucketType, "data", `{"bucket": "c"}`),
		object(t, policyType, "train", statement(`\"s3:GetObject\", \"s3:DeleteObject\"`))},
		Verdicts: []Verdict{{Policy: "house/rule", Subject: "model risk", Message: "is wrong", Refuses: true}}}
	is.Plan.Models["risk"].Require.Metrics["roc_auc"] = plan.Predicate{{Op: plan.GreaterEqual, Value: 0.5}}
	is.Plan.Pipelines["nightly"] = plan.Pipeline{Model: "risk", Schedule: "@hourly"}
	r := Report{Name: "credit", Changes: Merge(map[string][]Change{"prod": Compare(was, is, nil)})}
	lines := strings.Split(Markdown([]Report{r}), "\n")
	top := strings.Join(lines[4:8], "\n")
	for _, want := range []string{"**loosened** `model risk` `gate roc_auc: >=0.8 -> >=0.5`",
		"**loses data** `BucketV2 data`", "**loosened** `permissions of train` `may now s3:DeleteObject on *`",
		"**refused** `policy house/rule`"} {
		if !strings.Contains(top, want) {
			t.Errorf("%s is not among the first four:\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if !strings.Contains(lines[2], "1 loss of data, 1 refusal, 2 loosenings") {
		t.Errorf("the headline is %s", lines[2])
	}
}
