package aws

import (
	"maps"

	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
	"github.com/ashlar-dev/ashlar/stacks/aws/migration"

	"cmp"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	configmap "github.com/ashlar-dev/ashlar/components/config"
	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// workloads deploys the plans side by side, each in a namespace of its own.
// What they share is the database, whose schema is brought up to date once,
// before anything that uses it starts.
func workloads(ctx *pulumi.Context, plans []*plan.Plan, cfg config.Config, b base) error {
	plans = slices.SortedFunc(slices.Values(plans), func(a, b *plan.Plan) int { return cmp.Compare(a.Name, b.Name) })
	out := newOutputs()
	if err := admission(ctx, cfg, b); err != nil {
		return fmt.Errorf("admission policies: %w", err)
	}
	migrated, err := migrate(ctx, cfg, b)
	if err != nil {
		return fmt.Errorf("database schema: %w", err)
	}
	for _, p := range plans {
		s, err := newSite(ctx, cfg, b, p, out)
		if err != nil {
			return err
		}
		s.ready = migrated
		if err := s.register(); err != nil {
			return fmt.Errorf("blueprint %s: %w", p.Name, err)
		}
	}
	return out.export(ctx)
}

// migrate brings the database's schema to the version of the image where the database
// is this stack's own; on AWS it is the foundation's, which has done so.
func migrate(ctx *pulumi.Context, cfg config.Config, b base) ([]pulumi.Resource, error) {
	if cfg.Provider == config.ProviderAWS {
		return nil, nil
	}
	return migration.New(ctx, cfg, migration.Database{Schemas: []string{cfg.DatabaseSchema},
		URL: b.DatabaseURL, Decide: b.DutyURLs[plan.DutyDecide]},
		b.options()...)
}

// register registers the blueprint, in the order in which one thing needs another.
func (s *site) register() error {
	if err := s.data(); err != nil {
		return err
	}
	ns, err := namespace.New(s.ctx, s.name(), s.space(), s.options()...)
	if err != nil {
		return err
	}
	told, err := configmap.New(s.ctx, s.name(), s.config(ns.Object), s.options()...)
	if err != nil {
		return err
	}
	s.ready = append(append(slices.Clone(s.ready), ns.Object), told.Objects...)
	for _, part := range []func() error{s.identities, s.queues, s.pipelines, s.endpoints, s.releases, s.monitors,
		s.slos, s.dashboard, s.retention, s.backup} {
		if err := part(); err != nil {
			return err
		}
	}
	return s.outputs.describe(s)
}

// databases are what the namespace's Secrets hold, one for each duty of its
// workloads; none on AWS, where pods have identities and no password is anywhere.
func (s *site) databases() map[string]pulumi.StringInput {
	out := map[string]pulumi.StringInput{}
	for _, w := range s.workloads {
		if d := w.Duty(); !s.onAWS() && w.May(lineage.UseDatabase) {
			out[migration.Secret(d)] = s.base.DutyURLs[d]
		}
	}
	return out
}

// config is what the blueprint's pods are told.
func (s *site) config(after ...pulumi.Resource) *configmap.Args {
	return &configmap.Args{
		Namespace: s.namespace, Labels: s.planned(s.labels("plan", s.plan.Name)), Plan: s.text, Code: s.codeFiles,
		Databases: s.databases(), Secrets: s.storeKeys(), After: after,
	}
}

// storeKeys is the Secret by which pods sign in to the store; none where the config has
// no keys, since pods have identities or a user makes it.
func (s *site) storeKeys() map[string]pulumi.StringMap {
	if s.cfg.StoreKey == "" {
		return nil
	}
	return map[string]pulumi.StringMap{storeCredentials: {
		"AWS_ACCESS_KEY_ID":     pulumi.String(s.cfg.StoreKeyID),
		"AWS_SECRET_ACCESS_KEY": pulumi.ToSecret(pulumi.String(s.cfg.StoreKey)).(pulumi.StringOutput),
	}}
}

// space is the blueprint's namespace.
func (s *site) space() *namespace.Args {
	var flows []namespace.Flow
	for _, w := range s.workloads {
		flows = append(flows, s.flows(w)...)
	}
	return &namespace.Args{
		Name: s.namespace, Labels: s.labels("namespace", s.plan.Name), Flows: flows, Quota: quota(s.plan),
		Annotations: map[string]string{"ashlar.dev/owner-email": s.plan.Owner.Email,
			object.AnnotationManager: s.cfg.Manager()},
		Protect: s.cfg.Protected(),
	}
}

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
