package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ExistingConfig names parts of a foundation that are there already, by their ids in
// AWS. Each is looked up, checked for what the workloads need, and never created,
// changed or deleted. An empty one is the foundation's own to make.
type ExistingConfig struct {
	VPC      string   // "vpc-..."; Subnets go with it
	Subnets  []string // private ones, in two zones at least: "subnet-..."
	Cluster  string   // name of an EKS cluster in the VPC
	Key      string   // ARN of the KMS key of datasets, stores and images
	Database string   // identifier of an RDS PostgreSQL instance in the VPC
	Registry string   // name of an ECR repository, for the runtime's image
	Addons   []string // charts of the add-ons that the cluster has, such as argo-workflows
	// Bucket is the name of an S3 bucket in which the workloads of all stacks keep their
	// stores and data, each below DataPrefix, instead of in buckets of their own. It is for
	// both layers: the foundation checks it and lets roles use it.
	Bucket string
	// Prometheus are the labels by which the cluster's own Prometheus selects what it
	// scrapes and whose rules it has, whatever its namespace; none: it selects all. It is for
	// both layers, and any cluster.
	Prometheus map[string]string
}

var (
	vpcForm        = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)
	subnetForm     = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	clusterForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	keyForm        = regexp.MustCompile(`^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+$`)
	labelKeyForm   = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$`)
	labelValueForm = regexp.MustCompile(`^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$`)
	instanceForm   = regexp.MustCompile(`^[a-z](-?[a-z0-9])*$`)
	ecrForm        = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)
	addonForm      = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	maxInstance    = 63  // characters, as RDS has it
	maxRepository  = 256 // characters, as ECR has it
	minimalSubnets = 2   // EKS and RDS ask for two zones
)

// superseded are the keys that describe what is made where the part does not exist, by
// the key that says that it does. What nothing reads is refused: whoever sets
// cluster.version would believe that it upgrades the cluster.
var superseded = map[string][]string{
	"existing.vpc": {"network.cidr", "network.zones", "network.natPerZone"},
	"existing.cluster": {"cluster.version", "cluster.publicEndpoint", "cluster.publicCidrs", "cluster.nodeTypes",
		"cluster.minNodes", "cluster.maxNodes", "cluster.training.nodeTypes", "cluster.training.minNodes",
		"cluster.training.maxNodes"},
	"existing.database": {"database.instanceClass", "database.allocatedGb", "database.multiAz",
		"database.backupDays", "database.backupRegion"},
}

// idle returns an error for each key that is set and describes what exists.
func idle(flat map[string]string) []error {
	var errs []error
	for _, part := range sorted(superseded) {
		if blank(flat[part]) {
			continue
		}
		for _, path := range superseded[part] {
			if !blank(flat[path]) {
				errs = append(errs, fmt.Errorf("config %s: %s names one that exists and is not changed; take one of the two out",
					path, part))
			}
		}
	}
	return errs
}

// blank reports whether a value is as good as none.
func blank(text string) bool { return text == "" || text == "[]" || text == "{}" }

// existing checks the ids by their form, and that what goes together is named together.
func (p *problems) existing() {
	if !p.foundation() {
		return
	}
	e := p.cfg.Existing
	p.form("existing.vpc", e.VPC, vpcForm, "vpc-0123456789abcdef0")
	for _, id := range e.Subnets {
		p.form("existing.subnets", id, subnetForm, "subnet-0123456789abcdef0")
	}
	switch {
	case e.VPC == "" && len(e.Subnets) > 0:
		p.key("existing.subnets", "name the VPC too that they are in, by existing.vpc")
	case e.VPC != "" && len(e.Subnets) < minimalSubnets:
		p.key("existing.subnets", "name two private subnets of %s at least, in different zones: nodes and the database are put there", e.VPC)
	}
	if sub := slices.Sorted(slices.Values(e.Subnets)); len(slices.Compact(sub)) < len(e.Subnets) {
		p.key("existing.subnets", "one is named twice")
	}
	p.form("existing.cluster", e.Cluster, clusterForm, "platform")
	p.form("existing.database", e.Database, instanceForm, "platform-postgres")
	if len(e.Database) > maxInstance {
		p.key("existing.database", "%d characters; an identifier of RDS has at most %d", len(e.Database), maxInstance)
	}
	for _, part := range []struct{ key, id string }{{"existing.cluster", e.Cluster},
		{"existing.database", e.Database}} {
		if part.id != "" && e.VPC == "" {
			p.key(part.key, "name its VPC and private subnets too, by existing.vpc and existing.subnets: what is made beside it goes there")
		}
	}
	p.form("existing.key", e.Key, keyForm,
		"arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab")
	if found := keyForm.FindStringSubmatch(e.Key); found != nil && found[1] != p.cfg.Region {
		p.key("existing.key", "it is a key of %s, and aws:region is %s: name one of that region", found[1],
			p.cfg.Region)
	}
	p.form("existing.registry", strings.ReplaceAll(e.Registry, "__", "_"), ecrForm, "platform/ashlar-runtime")
	if len(e.Registry) > maxRepository {
		p.key("existing.registry", "%d characters; a repository's name has at most %d", len(e.Registry), maxRepository)
	}
	for _, chart := range e.Addons {
		p.form("existing.addons", chart, addonForm, "argo-workflows")
	}
}

// ownLabels begin the keys of labels that say whose an object is.
var ownLabels = []string{"app.kubernetes.io/", "ashlar.dev/"}

// monitoringChart is the add-on that is a Prometheus.
const monitoringChart = "kube-prometheus-stack"

// prometheus checks the labels of the cluster's own, in both layers, and that there is
// no other Prometheus to confuse it with.
func (p *problems) prometheus() {
	const key = "existing.prometheus"
	labels := p.cfg.Existing.Prometheus
	if len(labels) == 0 {
		return
	}
	for _, label := range sorted(labels) {
		p.form(key, label, labelKeyForm, "release: prometheus, as labels are written")
		if !labelValueForm.MatchString(labels[label]) {
			p.key(key, "%s: %q is not the value of a label", label, labels[label])
		}
		for _, own := range ownLabels {
			if strings.HasPrefix(label, own) {
				p.key(key, "%s says whose an object is; have Prometheus select by another label", label)
			}
		}
	}
	switch {
	case p.foundation() && !slices.Contains(p.cfg.Existing.Addons, monitoringChart):
		p.key(key, "%s would be installed beside it; list it in existing.addons, or take the labels out", monitoringChart)
	case !p.foundation() && !p.cfg.Monitoring:
		p.key(key, "monitoring is false, so that nothing has labels for Prometheus; set it to true, or take them out")
	}
}

// form reports an id that is set and has another form than AWS gives it.
func (p *problems) form(key, id string, form *regexp.Regexp, example string) {
	if id != "" && !form.MatchString(id) {
		p.key(key, "%q: write it as %s", id, example)
	}
}
