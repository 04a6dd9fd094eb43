package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// site is one blueprint being deployed.
type site struct {
	ctx  *pulumi.Context
	cfg  config.Config
	base base

	plan      *plan.Plan
	text      []byte // canonical JSON of the plan as pods see it
	namespace string
	workloads []lineage.Workload
	reach     lineage.Reach
	storeURL  pulumi.StringInput            // of pods
	dataURLs  map[string]pulumi.StringInput // of pods, by dataset
	buckets   buckets                       // AWS only
	ready     []pulumi.Resource             // what pods must find when they start
	codeFiles map[string][]byte             // that custom stages read, by path
	code      *pod.Code                     // how pods mount them; nil: there are none
	outputs   *outputs
}

// buckets are where the blueprint keeps things, by what they are for.
type buckets struct {
	store lineage.Folder
	data  map[string]lineage.Folder // by dataset
}

// newSite prepares a plan that Validate has accepted.
func newSite(ctx *pulumi.Context, cfg config.Config, b base, p *plan.Plan, out *outputs) (*site, error) {
	text, err := deployed(p, cfg.Delivery).Encode()
	if err != nil {
		return nil, fmt.Errorf("blueprint %s: %w", p.Name, err)
	}
	s := &site{
		ctx: ctx, cfg: cfg, base: b, plan: p, text: text, namespace: cfg.NamespaceOf(p), workloads: lineage.Of(p),
		dataURLs: map[string]pulumi.StringInput{}, outputs: out,
	}
	if cfg.Backup.URL != "" {
		s.workloads = append(s.workloads, lineage.Backup(s.backupPlace()))
	}
	if s.onAWS() {
		s.reach = lineage.OnAWS(b.NetworkCIDR)
	} else {
		s.reach = lineage.Anywhere(cfg.StoreURL, cfg.DatabaseURL, cfg.DatabaseCIDRs)
	}
	return s, s.readCode()
}

// onAWS reports whether there are AWS resources beside the cluster's objects.
func (s *site) onAWS() bool { return s.cfg.Provider == config.ProviderAWS }

// name is the resource's name in Pulumi's state: the blueprint's, then the
// parts. It never holds what may change while the thing stays the same.
func (s *site) name(parts ...string) string {
	return strings.Join(append([]string{s.plan.Name}, parts...), "-")
}

// options returns what every component of the site is registered with.
func (s *site) options() []pulumi.ResourceOption { return s.base.options() }

// labels are those of every object of the concept.
func (s *site) labels(component, name string) map[string]string {
	out := object.With(s.selector(component, name),
		object.LabelManagedBy, "ashlar",
		object.LabelEnvironment, s.plan.Environment,
		object.LabelTenant, s.cfg.Name,
		object.LabelOwner, object.Value(s.plan.Owner.Team))
	if s.cfg.CostCentre != "" {
		out["ashlar.dev/cost-centre"] = s.cfg.CostCentre
	}
	return out
}

// selector are the labels by which a workload's pods are found. They never
// change: a selector is immutable.
func (s *site) selector(component, name string) map[string]string {
	return map[string]string{object.LabelInstance: s.plan.Name,
		object.LabelComponent: component, object.LabelName: name}
}

// planned adds the digest of the plan as pods see it to the labels of what is
// replaced whenever that changes.
func (s *site) planned(labels map[string]string) map[string]string {
	return object.With(labels, "ashlar.dev/plan", strings.TrimPrefix(plan.DigestBytes(s.text), "sha256:")[:shortDigest])
}

// shortDigest is how much of a digest people and labels take.
const shortDigest = 12

// tags are those of every AWS resource of the blueprint.
func (s *site) tags() map[string]string {
	out := map[string]string{
		"ashlar:installation": s.cfg.Installation, "ashlar:environment": s.plan.Environment,
		"ashlar:tenant": s.cfg.Name, "ashlar:stack": s.cfg.Manager(),
		"ashlar:blueprint": s.plan.Name, "ashlar:owner": s.plan.Owner.Team, "ashlar:managed-by": "ashlar",
	}
	if s.cfg.CostCentre != "" {
		out["ashlar:cost-centre"] = s.cfg.CostCentre
	}
	return out
}
