// Package migration is the job that makes the schemas of a database and brings them to
// the version of the runtime's image. Each stack has a schema with users of its own, so
// that teams of one database do not share a registry. On AWS the foundation makes those of
// its tenants, elsewhere a stack whose config holds the owner's URL makes its own. The job
// runs in a namespace in which nothing else does.
package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	configmap "github.com/ashlar-dev/ashlar/components/config"
	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// Name is the job's, its service account's, and on AWS the last part of its role's.
const Name = "migrate"

// Database is where the schemas are: RDS, or a URL that somebody gave.
type Database struct {
	Schemas []string // each a registry with users of its own, in order

	RDS *RDS // nil on any other cluster

	URL    pulumi.StringInput // the owner's, secret
	Decide pulumi.StringInput // of people who decide: they find their way here
}

// RDS is the foundation's instance, whose owner's password RDS keeps.
type RDS struct {
	Host, Port, Name, SecretArn pulumi.StringInput
	NetworkCIDR                 pulumi.StringInput // in which it is reached
}

// Secret is the Secret with the URL of a duty.
func Secret(d plan.Duty) string { return "ashlar-database-" + string(d) }

// New registers the namespace and the job, and returns what must be there before
// anything uses the database. The options carry the cluster's Kubernetes provider.
func New(ctx *pulumi.Context, cfg config.Config, db Database, opts ...pulumi.ResourceOption) ([]pulumi.Resource,
	error) {
	m := &migration{ctx: ctx, cfg: cfg, db: db, opts: opts, labels: map[string]string{
		object.LabelInstance: cfg.Name, object.LabelComponent: Name, object.LabelName: Name,
		object.LabelManagedBy: "ashlar", object.LabelEnvironment: cfg.Environment, object.LabelTenant: cfg.Name,
	}}
	if cfg.CostCentre != "" {
		m.labels["ashlar.dev/cost-centre"] = cfg.CostCentre
	}
	ns, err := m.space()
	if err != nil {
		return nil, err
	}
	ready := []pulumi.Resource{ns.Object}
	p, more, err := m.pod(ready)
	if err != nil {
		return nil, err
	}
	// The name changes with the image and the schemas, since a Job's pod cannot.
	sum := sha256.Sum256([]byte(strings.Join(append([]string{cfg.Image}, db.Schemas...), ",")))
	j, err := job.New(ctx, cfg.Name+"-"+Name, &job.Args{
		Namespace: cfg.SystemNamespace(), Name: Name + "-" + hex.EncodeToString(sum[:])[:shortDigest],
		Engine: job.Once, Pod: p, Labels: m.labels, Retries: 5, RetryDelay: 10 * time.Second,
		Deadline: 15 * time.Minute, After: append(ready, more...),
	}, opts...)
	if err != nil {
		return nil, err
	}
	return j.Objects, nil
}

// shortDigest is how much of the image's digest the job's name takes.
const shortDigest = 12

// migration is the job being registered.
type migration struct {
	ctx    *pulumi.Context
	cfg    config.Config
	db     Database
	opts   []pulumi.ResourceOption
	labels map[string]string
}

// selector finds the job's pods, whatever the image they run: the policy of the
// network outlives a single job.
func (m *migration) selector() map[string]string {
	return map[string]string{object.LabelInstance: m.cfg.Name, object.LabelComponent: Name}
}

// space registers the namespace, in which pods of the job reach the database and
// nothing else.
func (m *migration) space() (*namespace.Namespace, error) {
	r := lineage.Anywhere(m.cfg.StoreURL, m.cfg.DatabaseURL, m.cfg.DatabaseCIDRs)
	if m.db.RDS != nil {
		r = lineage.OnAWS(m.db.RDS.NetworkCIDR)
	}
	flow := r.Flow(lineage.Workload{Kind: Name, Name: "database",
		Grants: []lineage.Grant{{Access: lineage.UseDatabase}}}, m.selector(), false)
	return namespace.New(m.ctx, m.cfg.SystemNamespace(), &namespace.Args{
		Name: m.cfg.SystemNamespace(), Labels: m.labels, Flows: []namespace.Flow{flow},
		Annotations: map[string]string{object.AnnotationManager: m.cfg.Manager()},
		Quota:       namespace.Quota{Pods: 8, CPU: 4, MemoryGi: 8}, Protect: m.cfg.Protected(),
	}, m.opts...)
}

// pod is the job's pod, and what must be there first besides the namespace:
// elsewhere than on AWS the Secret with the URL.
func (m *migration) pod(after []pulumi.Resource) (pod.Args, []pulumi.Resource, error) {
	p := pod.Args{
		Image: pulumi.String(m.cfg.Image), Command: []string{pod.Binary, Name}, ServiceAccount: Name,
		CPU: "100m", Memory: "256Mi", Scratch: "64Mi", Labels: m.labels,
		Env: map[string]pulumi.StringInput{
			"ASHLAR_AUTHOR":           pulumi.String(Name),
			"ASHLAR_DATABASE_SCHEMAS": pulumi.String(strings.Join(m.db.Schemas, ",")),
			"ASHLAR_DATABASE_MANAGER": pulumi.String(m.cfg.Manager()),
		},
	}
	if m.db.RDS == nil {
		p.Env["ASHLAR_DATABASE_AUTH"] = pulumi.String("password")
		p.Secrets = []pod.Secret{
			{Variable: "ASHLAR_DATABASE", Name: configmap.SecretName, Key: configmap.DatabaseKey},
		}
		told, err := configmap.New(m.ctx, m.cfg.SystemNamespace(), &configmap.Args{
			Namespace: m.cfg.SystemNamespace(), Labels: m.labels, After: after,
			Databases: map[string]pulumi.StringInput{
				configmap.SecretName: m.db.URL, Secret(plan.DutyDecide): m.db.Decide,
			},
		}, m.opts...)
		if err != nil {
			return p, nil, err
		}
		return p, told.Objects, nil
	}
	p.Env["AWS_REGION"] = pulumi.String(m.cfg.Region)
	p.Env["ASHLAR_DATABASE"] = pulumi.Sprintf("postgres://%s:%s/%s?sslmode=verify-full", m.db.RDS.Host,
		m.db.RDS.Port, m.db.RDS.Name)
	p.Env["ASHLAR_DATABASE_AUTH"] = pulumi.String("secret")
	p.Env["ASHLAR_DATABASE_SECRET"] = m.db.RDS.SecretArn
	// Its role is the foundation's, and bound to this namespace and account.
	return p, nil, nil
}
