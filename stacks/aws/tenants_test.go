package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

// shared is a foundation of three tenants, whose names are alike, and whose workloads have
// buckets of their own or keep their data in the bucket that is named.
func shared(t *testing.T, bucket string) (config.Config, *pulumitest.Recording) {
	t.Helper()
	c := foundationConfig("prod")
	c.Existing.Bucket = bucket
	c.Region = iamRegion
	c.GitHub = &config.GitHubConfig{State: "acme-state/ml"}
	c.Tenants = map[string]config.Tenant{
		"acme-credit": {Repository: "acme/credit", Namespaces: []string{"credit-risk"}},
		"acme-churn":  {Repository: "acme/churn", Namespaces: []string{"customer-churn"}, Project: "Churn"},
		"acme2":       {Repository: "acme/credit2", Namespaces: []string{"credit-risk-2", "other"}},
	}
	r, err := pulumitest.Answered(Program(nil, c, nil), map[string]map[string]any{
		"aws:s3/getBucket:getBucket": {"bucket": bucket, "arn": "arn:aws:s3:::" + bucket}})
	if err != nil {
		t.Fatal(err)
	}
	return c, r
}

// belongings are what a tenant has that permissions name: each resource with the
// context of a request that somebody else makes about it.
func belongings(name, project, asker string) map[string][]pulumitest.Request {
	out := map[string][]pulumitest.Request{}
	add := func(service, arn string, context map[string]string) {
		out[service] = append(out[service], pulumitest.Request{Resource: arn, Context: context})
	}
	asked := map[string]string{"iam:PermissionsBoundary": boundary["iam:PermissionsBoundary"],
		"iam:PassedToService": "pods.eks.amazonaws.com", "aws:RequestTag/ashlar:tenant": asker}
	add("iam", "arn:aws:iam::123456789012:role/ashlar-prod-"+name+"-eu-central-1-credit-risk-endpoint-scoring-0a1b2c3d", asked)
	add("iam", "arn:aws:iam::123456789012:role/ashlar-prod-ci-deploy-"+name, asked)
	bucket := "arn:aws:s3:::ashlar-prod-" + name + "-credit-risk-data-applications-0a1b2c3d-123456789012"
	add("s3", bucket, nil)
	add("s3", bucket+"/data/credit_data.csv", nil)
	add("s3", "arn:aws:s3:::platform-ml/ashlar/prod/"+name+"/credit-risk/data/applications/credit_data.csv", nil)
	for _, place := range []string{"stacks/%s/prod.json", "stacks/%s/prod.json.bak", "history/%s/prod/prod-1.history.json",
		"backups/%s/prod/prod.1.json", "locks/organization/%s/prod/1.json"} {
		add("s3", "arn:aws:s3:::acme-state/ml/.pulumi/"+fmt.Sprintf(place, project), nil)
	}
	add("eks", "arn:aws:eks:eu-central-1:123456789012:podidentityassociation//a-1", // the recorder's cluster has no name
		map[string]string{"aws:ResourceTag/ashlar:tenant": name, "aws:RequestTag/ashlar:tenant": asker})
	return out
}

// actionsOf are the actions that statements speak of.
func actionsOf(statements []pulumitest.Statement) []string {
	all := map[string]bool{}
	for _, s := range statements {
		for _, a := range s.Action {
			all[a] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func TestNoTenantReachesWhatIsAnothers(t *testing.T) {
	c, r := shared(t, "platform-ml")
	tenants := c.TenantsOf("ashlar")
	for asker := range tenants {
		for _, duty := range workflows.Duties() {
			statements := policyOf(t, r, "ci-"+string(duty)+"-"+asker)
			own := 0
			for owner, of := range tenants {
				for service, requests := range belongings(owner, of.Project, asker) {
					for _, request := range requests {
						for _, action := range actionsOf(statements) {
							if request.Action = action; !strings.HasPrefix(action, service+":") ||
								action == "eks:DescribePodIdentityAssociation" || !may(t, statements, request) {
								continue
							}
							if owner != asker {
								t.Errorf("%s of %s may %s on %s", duty, asker, action, request.Resource)
							}
							own++
						}
					}
				}
			}
			if want := map[workflows.Duty]int{workflows.Deploy: 25, workflows.Preview: 15}[duty]; own < want {
				t.Errorf("%s of %s may do only %d things to its own", duty, asker, own)
			}
		}
	}
}

func TestNoTenantsJobIsBelievedByAnothersRole(t *testing.T) {
	c, r := shared(t, "platform-ml")
	for asker, of := range c.Tenants {
		for owner := range c.Tenants {
			for _, duty := range workflows.Duties() {
				role := r.Named(t, "aws:iam/role:Role", "ci-"+string(duty)+"-"+owner)
				for _, claimed := range workflows.Duties() {
					for _, environment := range []string{"dev", "prod"} {
						subject := "repo:" + of.Repository + ":environment:" + claimed.Environment(environment)
						want := asker == owner && claimed == duty && (environment == "prod" || duty == workflows.Image)
						if got := believes(t, role, subject, "sts.amazonaws.com"); got != want {
							t.Errorf("the %s role of %s and %s: believed %t", duty, owner, subject, got)
						}
					}
				}
			}
		}
	}
}

// TestTheBoundaryKeepsTenantsApart: whoever deploys writes the policies of its roles.
func TestTheBoundaryKeepsTenantsApart(t *testing.T) {
	c, r := shared(t, "platform-ml")
	bound := pulumitest.Statements(t, r.Named(t, "aws:iam/policy:Policy", "workloads-boundary").Text("policy"))
	for owner, of := range c.TenantsOf("ashlar") {
		for _, request := range belongings(owner, of.Project, "")["s3"][:2] {
			for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"} {
				for _, asker := range append(slices.Sorted(maps.Keys(c.Tenants)), "") {
					request.Action, request.Context = action, map[string]string{}
					if asker != "" {
						request.Context["aws:PrincipalTag/ashlar:tenant"] = asker
					}
					want := asker == owner && (action == "s3:GetObject" || action == "s3:ListBucket" ||
						strings.Contains(request.Resource, "/"))
					if got := may(t, bound, request); got != want {
						t.Errorf("a role of %q and %s on %s: %t", asker, action, request.Resource, got)
					}
				}
			}
		}
	}
	for owner := range c.Tenants {
		for asker := range c.Tenants {
			for _, duty := range plan.Duties() {
				got := may(t, bound, pulumitest.Request{Action: "rds-db:connect",
					Resource: "arn:aws:rds-db:eu-central-1:123456789012:dbuser:/" +
						duty.User(config.SchemaOf(owner, "prod")),
					Context: map[string]string{"aws:PrincipalTag/ashlar:tenant": asker}})
				if want := asker == owner && duty != plan.DutyDecide; got != want {
					t.Errorf("a role of %s and the user %s of %s: %t", asker, duty, owner, got)
				}
			}
		}
	}
	if !may(t, bound, pulumitest.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::corp-data/churn/1.csv",
		Context: map[string]string{"aws:PrincipalTag/ashlar:tenant": "acme2"}}) {
		t.Error("datasets of the company are out of reach")
	}
}

// TestTheBoundaryOfTheMostTenantsFits: IAM takes 6144 characters of a policy, in which
// the recorder's ARNs are as long as real ones.
func TestTheBoundaryOfTheMostTenantsFits(t *testing.T) {
	c, _ := shared(t, "")
	c.Tenants = map[string]config.Tenant{}
	for i := range config.MaxTenants {
		name := fmt.Sprintf("t%c%s", 'a'+i, strings.Repeat("x", 18)) // 20 characters, the most
		c.Tenants[name] = config.Tenant{Repository: "acme/" + name, Namespaces: []string{name}}
	}
	for _, bucket := range []string{"", strings.Repeat("b", 63)} {
		c.Existing.Bucket = bucket
		r, err := pulumitest.Answered(Program(nil, c, nil), map[string]map[string]any{
			"aws:s3/getBucket:getBucket": {"bucket": bucket, "arn": "arn:aws:s3:::" + bucket}})
		if err != nil {
			t.Fatal(err)
		}
		policy := r.Named(t, "aws:iam/policy:Policy", "workloads-boundary").Text("policy")
		if len(policy) > 6144-256 {
			t.Errorf("%d characters for %d tenants, bucket %q", len(policy), len(c.Tenants), bucket)
		}
	}
	c.Tenants["one-more"] = config.Tenant{Repository: "acme/one-more", Namespaces: []string{"one-more"}}
	if err := Validate(nil, c); err == nil || !strings.Contains(err.Error(), "make another foundation") {
		t.Errorf("one more: %v", err)
	}
}

func TestATenantsGroupReachesItsNamespacesAlone(t *testing.T) {
	c, r := shared(t, "platform-ml")
	groups := map[string]string{}
	for _, e := range r.All("aws:eks/accessEntry:AccessEntry") {
		groups[e.Name] = e.Text("kubernetesGroups.0")
	}
	in := map[string][]string{} // group -> namespaces
	for _, b := range r.All("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding") {
		group := b.Text("subjects.0.name")
		in[group] = append(in[group], b.Text("metadata.namespace"))
	}
	for name, of := range c.Tenants {
		for word, duty := range map[string]string{"ashlar-deploy": "deploy", "ashlar-preview": "preview"} {
			group := word + ":" + name
			slices.Sort(in[group])
			if !slices.Equal(in[group], of.Namespaces) || groups["cluster-ci-"+duty+"-"+name] != group {
				t.Errorf("%s is in %v, and the role is in the group %s", group, in[group], groups["cluster-ci-"+duty+"-"+name])
			}
		}
		role := r.Named(t, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "ci-"+name+"-write-cluster")
		for _, rule := range role.At("rules").([]any) {
			rule := rule.(map[string]any)
			names, _ := rule["resourceNames"].([]any)
			for _, verb := range rule["verbs"].([]any) {
				if !slices.Contains([]any{"get", "list", "watch"}, verb) && len(names) != len(of.Namespaces) {
					t.Errorf("%s may %v %v of the whole cluster", name, verb, rule["resources"])
				}
			}
		}
	}
	if len(in) != 2*len(c.Tenants) {
		t.Errorf("groups %v", in)
	}
}

// TestNoTenantMayBeNamedAsTheFoundationsOwn looks at every role and bucket of a
// foundation: what a tenant's patterns match must be its own.
func TestNoTenantMayBeNamedAsTheFoundationsOwn(t *testing.T) {
	c, r := shared(t, "platform-ml")
	names := map[string]bool{}
	for _, role := range r.All("aws:iam/role:Role") {
		if rest, ours := strings.CutPrefix(role.Text("name"), "ashlar-prod-"); ours {
			names[rest] = true
		}
	}
	for _, b := range r.All(bucketType) {
		if rest, ours := strings.CutPrefix(b.Text("bucket"), "ashlar-prod-"); ours {
			names[rest] = true
		}
	}
	if len(names) < 8 {
		t.Fatalf("only %v", names)
	}
	for rest := range names {
		for i, letter := range rest {
			if letter != '-' {
				continue
			}
			c.Tenants = map[string]config.Tenant{rest[:i]: {Repository: "acme/x", Namespaces: []string{"x"}}}
			if err := Validate(nil, c); err == nil || !strings.Contains(err.Error(), "choose another name") {
				t.Errorf("a tenant named %s could change the foundation's ashlar-prod-%s: %v", rest[:i], rest, err)
			}
		}
	}
}

// TestTheBoundaryKeepsTenantsApartInOneBucket: whatever policy a role has, it reaches the
// prefix of its own tenant, and lists nothing else of that bucket.
func TestTheBoundaryKeepsTenantsApartInOneBucket(t *testing.T) {
	c, r := shared(t, "platform-ml")
	bound := pulumitest.Statements(t, r.Named(t, "aws:iam/policy:Policy", "workloads-boundary").Text("policy"))
	const bucket = "arn:aws:s3:::platform-ml"
	may := func(asker, action, resource, prefix string) bool {
		request := pulumitest.Request{Action: action, Resource: resource, Context: map[string]string{}}
		if asker != "" {
			request.Context["aws:PrincipalTag/ashlar:tenant"] = asker
		}
		if prefix != "none" {
			request.Context["s3:prefix"] = prefix
		}
		return may(t, bound, request)
	}
	askers := append(slices.Sorted(maps.Keys(c.Tenants)), "")
	for _, asker := range askers {
		for owner := range c.Tenants {
			own := "ashlar/prod/" + owner + "/credit-risk/store/"
			for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} {
				if got := may(asker, action, bucket+"/"+own+"objects/x", "none"); got != (asker == owner) {
					t.Errorf("a role of %q and %s of %s: %t", asker, action, owner, got)
				}
			}
			if got := may(asker, "s3:ListBucket", bucket, own); got != (asker == owner) {
				t.Errorf("a role of %q lists what is %s's: %t", asker, owner, got)
			}
		}
		for _, prefix := range []string{"none", "", "ashlar/prod/", "ashlar/dev/acme2/", "payroll/"} {
			if may(asker, "s3:ListBucket", bucket, prefix) {
				t.Errorf("a role of %q lists %q", asker, prefix)
			}
		}
		if may(asker, "s3:PutObject", bucket+"/payroll/x", "none") ||
			may(asker, "s3:PutObject", bucket+"/ashlar/dev/acme2/x", "none") {
			t.Errorf("a role of %q writes outside of the environment", asker)
		}
		if !may(asker, "s3:GetObject", bucket+"/datasets/x", "none") {
			t.Errorf("a role of %q has no way to datasets beside ours", asker)
		}
	}
}
