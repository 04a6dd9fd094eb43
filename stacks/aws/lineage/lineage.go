// Package lineage derives what each workload of a blueprint may touch from the edges
// of its plan: which data it reads, where it writes, whether it uses the database. A
// grant names the edges that it follows from, and without one of them it is not
// given. The permissions of a role (permissions.go) and the ways through the network
// (network.go) are both made of the same grants, so that they cannot disagree.
//
// It knows plans and nothing of a stack's config: what the grants refer to, such as
// ARNs and addresses, is handed in as Ground and Reach.
package lineage

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The kinds of workloads. They are the label app.kubernetes.io/component and a
// part of names.
const (
	KindPipeline = "pipeline"
	KindEndpoint = "endpoint"
	KindDrift    = "drift"

	KindRetention = "retention"
	// KindRelease is what brings versions into the endpoints' traffic.
	KindRelease = "release"
)

// ReleaseName is the one workload of its kind.
const ReleaseName = "models"

// RetentionName is the one workload of its kind.
const RetentionName = "data"

// Workload is something that runs, and all that it may touch. Everything that a
// cluster or a cloud lets it do is derived from its grants: the statements of
// its role, its way through the network.
type Workload struct {
	Kind, Name string
	Grants     []Grant
}

// Access is a way of touching something.
type Access string

// The ways.
const (
	ReadData    Access = "read data"    // Target is a dataset
	ReadStore   Access = "read store"   // Target is a prefix of the blueprint's store
	WriteStore  Access = "write store"  // the same, reading included
	UseDatabase Access = "use database" // the registry; Target is empty
)

// Grant is one thing that a workload may do, and why: the edges of the plan
// that it follows from, as paths such as "pipelines.nightly.model". A plan
// without one of the edges does not give the grant.
type Grant struct {
	Access  Access
	Target  string
	Because []string
}

// The prefixes of a store, as package runtime/store lays it out: objects by
// their digest, and references under the names that the stages and the drift
// monitor give them.
const (
	storeObjects  = "objects/"
	storeStages   = "refs/stages/"
	storeRuns     = "refs/runs/"
	storeParts    = "refs/parts/"
	storeCancel   = "refs/cancel/"
	storeLocks    = "refs/locks/"
	storeTracking = "refs/tracking/"
	storeDrift    = "refs/drift/"
	storeReleases = "refs/releases/"
)

// Of returns the plan's workloads with their grants, by kind and name.
func Of(p *plan.Plan) []Workload {
	var out []Workload
	for _, name := range sorted(p.Pipelines) {
		why := ".model"
		if p.Pipelines[name].Model == "" {
			why = ".stages"
		}
		out = append(out, Workload{KindPipeline, name, running(p, p.UnitFor(name), "pipelines."+name+why)})
	}
	for _, name := range sorted(p.Endpoints) {
		e := p.Endpoints[name]
		serves := "endpoints." + name + ".model"
		out = append(out, Workload{KindEndpoint, name, serving(p, name, serves)})
		if e.Drift != nil {
			out = append(out, Workload{KindDrift, name, watching(p, name, serves)})
		}
	}
	if g := releasing(p); len(g) > 0 {
		out = append(out, Workload{KindRelease, ReleaseName, g})
	}
	if g := retaining(p); len(g) > 0 {
		out = append(out, Workload{KindRetention, RetentionName, g})
	}
	return out
}

// releasing is what it takes to bring versions into the endpoints' traffic: who approved
// them, and a place for what is known of their releases.
func releasing(p *plan.Plan) []Grant {
	var because []string
	for _, name := range sorted(p.Endpoints) {
		if _, ok := p.Models[p.Endpoints[name].Model]; ok {
			because = append(because, "endpoints."+name+".model")
		}
	}
	if len(because) == 0 {
		return nil
	}
	g := grants{because: because}
	g.add(WriteStore, storeReleases)
	g.add(UseDatabase, "")
	return g.list
}

// retaining is what it takes to delete what is kept of datasets for longer than
// their retention.
func retaining(p *plan.Plan) []Grant {
	var because []string
	for _, name := range sorted(p.Datasets) {
		if p.Datasets[name].Retention != "" {
			because = append(because, "datasets."+name+".retention")
		}
	}
	if len(because) == 0 {
		return nil
	}
	g := grants{because: because}
	for _, prefix := range []string{storeObjects, storeStages, storeParts, storeDrift} {
		g.add(WriteStore, prefix)
	}
	g.add(ReadStore, storeRuns)
	g.add(UseDatabase, "")
	return g.list
}

// running is what it takes to run the unit's stages, and to bring its model from
// its data to the registry. because is how the workload came to it.
func running(p *plan.Plan, u plan.Unit, because ...string) []Grant {
	m, has := p.Models[u.Model]
	if !has && u.Pipeline == "" {
		return nil
	}
	g := grants{because: because}
	g.add(WriteStore, storeObjects)
	for _, prefix := range []string{storeStages, storeRuns + u.Name() + "/", storeParts + u.Name() + "/",
		storeCancel + u.Name() + "/"} {
		g.add(WriteStore, prefix)
	}
	if u.Pipeline != "" {
		g.add(WriteStore, storeLocks+u.Pipeline)
	}
	if p.Tracking != nil { // what trackers have not heard yet
		g.add(WriteStore, storeTracking, "tracking")
	}
	if !has {
		return g.list
	}
	g.add(UseDatabase, "")
	if _, ok := p.Datasets[m.Dataset]; ok {
		g.add(ReadData, m.Dataset, "models."+u.Model+".dataset")
	}
	return g.list
}

// serving is what it takes to answer requests: the model's file, who approved
// it, and a place for the windows of traffic where drift is watched.
func serving(p *plan.Plan, endpoint, serves string) []Grant {
	e := p.Endpoints[endpoint]
	if _, ok := p.Models[e.Model]; !ok {
		return nil
	}
	g := grants{because: []string{serves}}
	g.add(ReadStore, storeObjects)
	g.add(UseDatabase, "")
	if e.Drift != nil {
		g.add(WriteStore, storeDrift+endpoint+"/", "endpoints."+endpoint+".drift")
	}
	return g.list
}

// watching is what it takes to judge windows of traffic against the reference,
// and to train again where the blueprint says so.
func watching(p *plan.Plan, endpoint, serves string) []Grant {
	e := p.Endpoints[endpoint]
	if _, ok := p.Models[e.Model]; !ok {
		return nil
	}
	watches := "endpoints." + endpoint + ".drift"
	g := grants{because: []string{serves, watches}}
	g.add(ReadStore, storeObjects)
	g.add(WriteStore, storeDrift+endpoint+"/")
	g.add(UseDatabase, "")
	if e.Drift.Retrain {
		u, err := p.UnitOf(e.Model)
		if err == nil {
			g.list = append(g.list, running(p, u, serves, watches+".retrain")...)
		}
	}
	return g.list
}

// grants gathers what follows from the same edges.
type grants struct {
	because []string
	list    []Grant
}

// add gives the access to the target, because of the common edges and of more.
func (g *grants) add(a Access, target string, more ...string) {
	g.list = append(g.list, Grant{a, target, append(slices.Clone(g.because), more...)})
}

// Targets returns the targets of the workload's grants of the access, sorted,
// each once.
func (w Workload) Targets(a Access) []string {
	seen := map[string]bool{}
	for _, g := range w.Grants {
		if g.Access == a {
			seen[g.Target] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// May reports whether the workload has a grant of the access.
func (w Workload) May(a Access) bool { return len(w.Targets(a)) > 0 }

// Duty is what the workload does with the database. Where drift trains again, its
// job does all that training does.
func (w Workload) Duty() plan.Duty {
	switch {
	case w.Kind == KindEndpoint || w.Kind == KindRelease:
		return plan.DutyServe
	case w.Kind == KindRetention:
		return plan.DutyRetain
	case w.Kind == KindPipeline || w.May(ReadData):
		return plan.DutyTrain
	}
	return plan.DutyWatch
}

// ID names the workload among all of its plan: "endpoint-scoring".
func (w Workload) ID() string { return w.Kind + "-" + w.Name }

// source is where a dataset's rows are.
type source struct {
	Bucket string // of a blob URL; empty: relative, in a bucket of the dataset's own
	Key    string // the object, or the beginning of what a glob matches
	Glob   bool
}

// SourceOf reads a dataset's source. Schemes other than s3:// and relative
// paths have none that a cluster could grant or deny.
func SourceOf(d plan.Dataset) (source, bool) {
	text, _, _ := strings.Cut(d.Source, "?")
	s := source{Key: text}
	if scheme, rest, isURL := strings.Cut(text, "://"); isURL {
		if scheme != "s3" {
			return source{}, false
		}
		s.Bucket, s.Key, _ = strings.Cut(rest, "/")
	} else if strings.Contains(d.Source, "?") {
		s.Key = d.Source // a question mark of a glob
	}
	if s.Bucket == "" {
		s.Key = strings.TrimPrefix(path.Clean("/"+s.Key), "/")
	}
	if i := strings.IndexAny(s.Key, "*?["); i >= 0 {
		s.Key, s.Glob = s.Key[:i], true
	}
	return s, true
}

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
