package aws

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	configmap "github.com/ashlar-dev/ashlar/components/config"
	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// migrate brings the database's schema to the version of the image, and returns
// what must be there before anything uses it.
func migrate(ctx *pulumi.Context, cfg config.Config, b base, like *plan.Plan) ([]pulumi.Resource, error) {
	m := &migration{ctx: ctx, cfg: cfg, base: b, labels: map[string]string{
		object.LabelInstance: cfg.Name, object.LabelComponent: foundation.MigrateName,
		object.LabelName:      foundation.MigrateName,
		object.LabelManagedBy: "ashlar", "ashlar.dev/environment": like.Environment,
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
	// The name changes with the image, since a Job's pod cannot.
	sum := sha256.Sum256([]byte(cfg.Image))
	j, err := job.New(ctx, cfg.Name+"-"+foundation.MigrateName, &job.Args{
		Namespace: cfg.SystemNamespace(), Name: foundation.MigrateName + "-" +
			hex.EncodeToString(sum[:])[:shortDigest], Engine: job.Once,
		Pod: p, Labels: m.labels, Retries: 5, RetryDelay: 10 * time.Second, Deadline: 15 * time.Minute,
		After: append(ready, more...),
	}, b.options()...)
	if err != nil {
		return nil, err
	}
	return j.Objects, nil
}

// migration is the job being registered.
type migration struct {
	ctx    *pulumi.Context
	cfg    config.Config
	base   base
	labels map[string]string
}

// selector finds the job's pods, whatever the image they run: the policy of the
// network outlives a single job.
func (m *migration) selector() map[string]string {
	return map[string]string{object.LabelInstance: m.cfg.Name, object.LabelComponent: foundation.MigrateName}
}

// space registers the installation's own namespace, in which pods of the job reach the
// database and nothing else.
func (m *migration) space() (*namespace.Namespace, error) {
	r := lineage.Anywhere(m.cfg.StoreURL, m.cfg.DatabaseURL, m.cfg.DatabaseCIDRs)
	if m.cfg.Provider == config.ProviderAWS {
		r = lineage.OnAWS(m.base.NetworkCIDR)
	}
	flow := r.Flow(lineage.Workload{Kind: foundation.MigrateName, Name: "database",
		Grants: []lineage.Grant{{Access: lineage.UseDatabase}}}, m.selector(), false)
	return namespace.New(m.ctx, m.cfg.SystemNamespace(), &namespace.Args{
		Name: m.cfg.SystemNamespace(), Labels: m.labels, Flows: []namespace.Flow{flow},
		Quota: namespace.Quota{Pods: 8, CPU: 4, MemoryGi: 8},
	}, m.base.options()...)
}

// ownerOfDatabase is the user that the database's URL names, "" where it names
// none; validation has said so.
func ownerOfDatabase(databaseURL string) string {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return ""
	}
	return u.User.Username()
}

// pod is the job's pod, and what must be there first besides the namespace:
// elsewhere than on AWS the Secret with the URL.
func (m *migration) pod(after []pulumi.Resource) (pod.Args, []pulumi.Resource, error) {
	p := pod.Args{
		Image: pulumi.String(m.cfg.Image), Command: []string{pod.Binary, foundation.MigrateName},
		ServiceAccount: foundation.MigrateName,
		CPU:            sizeMigrate.cpu, Memory: sizeMigrate.memory, Scratch: sizeMigrate.scratch, Labels: m.labels,
		Env: map[string]pulumi.StringInput{"ASHLAR_AUTHOR": pulumi.String(foundation.MigrateName)},
	}
	if m.cfg.Provider != config.ProviderAWS {
		p.Env["ASHLAR_DATABASE_AUTH"] = pulumi.String("password")
		p.Env["ASHLAR_DATABASE_USERS"] = pulumi.String(ownerOfDatabase(m.cfg.DatabaseURL))
		p.Secrets = []pod.Secret{{Variable: "ASHLAR_DATABASE", Name: configmap.SecretName, Key: configmap.DatabaseKey}}
		told, err := configmap.New(m.ctx, m.cfg.SystemNamespace(), &configmap.Args{
			Namespace: m.cfg.SystemNamespace(), Labels: m.labels, After: after,
			// People who decide find their way to the database here.
			Databases: map[string]pulumi.StringInput{configmap.SecretName: m.base.DatabaseURL,
				databaseSecret(plan.DutyDecide): m.base.DutyURLs[plan.DutyDecide]},
		}, m.base.options()...)
		if err != nil {
			return p, nil, err
		}
		return p, told.Objects, nil
	}
	p.Env["AWS_REGION"] = pulumi.String(m.cfg.Region)
	p.Env["ASHLAR_DATABASE"] = pulumi.Sprintf("postgres://%s:%s/%s?sslmode=verify-full", m.base.DatabaseHost,
		m.base.DatabasePort, m.base.DatabaseName)
	p.Env["ASHLAR_DATABASE_AUTH"] = pulumi.String("secret")
	p.Env["ASHLAR_DATABASE_SECRET"] = m.base.DatabaseSecretArn
	p.Env["ASHLAR_DATABASE_USERS"] = pulumi.String(lineage.DatabaseUsers)
	// Its role is the foundation's, and bound to this namespace and account.
	return p, nil, nil
}
