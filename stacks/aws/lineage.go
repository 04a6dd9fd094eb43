package aws

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
	kindPipeline = "pipeline"
	kindEndpoint = "endpoint"
	kindDrift    = "drift"

	kindRetention = "retention"
)

// retentionName is the one workload of its kind.
const retentionName = "data"

// workload is something that runs, and all that it may touch. Everything that a
// cluster or a cloud lets it do is derived from its grants: the statements of
// its role, its way through the network.
type workload struct {
	Kind, Name string
	Grants     []grant
}

// access is a way of touching something.
type access string

// The ways.
const (
	readData    access = "read data"    // Target is a dataset
	readStore   access = "read store"   // Target is a prefix of the blueprint's store
	writeStore  access = "write store"  // the same, reading included
	useDatabase access = "use database" // the registry; Target is empty
)

// grant is one thing that a workload may do, and why: the edges of the plan
// that it follows from, as paths such as "pipelines.nightly.model". A plan
// without one of the edges does not give the grant.
type grant struct {
	Access  access
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
)

// lineage returns the plan's workloads with their grants, by kind and name.
func lineage(p *plan.Plan) []workload {
	var out []workload
	for _, name := range sorted(p.Pipelines) {
		out = append(out, workload{kindPipeline, name,
			running(p, p.UnitFor(name), "pipelines."+name+choose(p.Pipelines[name].Model == "", ".stages", ".model"))})
	}
	for _, name := range sorted(p.Endpoints) {
		e := p.Endpoints[name]
		serves := "endpoints." + name + ".model"
		out = append(out, workload{kindEndpoint, name, serving(p, name, serves)})
		if e.Drift != nil {
			out = append(out, workload{kindDrift, name, watching(p, name, serves)})
		}
	}
	if g := retaining(p); len(g) > 0 {
		out = append(out, workload{kindRetention, retentionName, g})
	}
	return out
}

// retaining is what it takes to delete what is kept of datasets for longer than
// their retention.
func retaining(p *plan.Plan) []grant {
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
		g.add(writeStore, prefix)
	}
	g.add(readStore, storeRuns)
	g.add(useDatabase, "")
	return g.list
}

// running is what it takes to run the unit's stages, and to bring its model from
// its data to the registry. because is how the workload came to it.
func running(p *plan.Plan, u plan.Unit, because ...string) []grant {
	m, has := p.Models[u.Model]
	if !has && u.Pipeline == "" {
		return nil
	}
	g := grants{because: because}
	g.add(writeStore, storeObjects)
	for _, prefix := range []string{storeStages, storeRuns + u.Name() + "/", storeParts + u.Name() + "/",
		storeCancel + u.Name() + "/"} {
		g.add(writeStore, prefix)
	}
	if u.Pipeline != "" {
		g.add(writeStore, storeLocks+u.Pipeline)
	}
	if p.Tracking != nil { // what trackers have not heard yet
		g.add(writeStore, storeTracking, "tracking")
	}
	if !has {
		return g.list
	}
	g.add(useDatabase, "")
	if _, ok := p.Datasets[m.Dataset]; ok {
		g.add(readData, m.Dataset, "models."+u.Model+".dataset")
	}
	return g.list
}

// serving is what it takes to answer requests: the model's file, who approved
// it, and a place for the windows of traffic where drift is watched.
func serving(p *plan.Plan, endpoint, serves string) []grant {
	e := p.Endpoints[endpoint]
	if _, ok := p.Models[e.Model]; !ok {
		return nil
	}
	g := grants{because: []string{serves}}
	g.add(readStore, storeObjects)
	g.add(useDatabase, "")
	if e.Drift != nil {
		g.add(writeStore, storeDrift+endpoint+"/", "endpoints."+endpoint+".drift")
	}
	return g.list
}

// watching is what it takes to judge windows of traffic against the reference,
// and to train again where the blueprint says so.
func watching(p *plan.Plan, endpoint, serves string) []grant {
	e := p.Endpoints[endpoint]
	if _, ok := p.Models[e.Model]; !ok {
		return nil
	}
	watches := "endpoints." + endpoint + ".drift"
	g := grants{because: []string{serves, watches}}
	g.add(readStore, storeObjects)
	g.add(writeStore, storeDrift+endpoint+"/")
	g.add(useDatabase, "")
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
	list    []grant
}

func (g *grants) add(a access, target string, more ...string) {
	g.list = append(g.list, grant{a, target, append(slices.Clone(g.because), more...)})
}

// targets returns the targets of the workload's grants of the access, sorted,
// each once.
func (w workload) targets(a access) []string {
	seen := map[string]bool{}
	for _, g := range w.Grants {
		if g.Access == a {
			seen[g.Target] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (w workload) may(a access) bool { return len(w.targets(a)) > 0 }

// duty is what the workload does with the database. Where drift trains again, its
// job does all that training does.
func (w workload) duty() plan.Duty {
	switch {
	case w.Kind == kindEndpoint:
		return plan.DutyServe
	case w.Kind == kindRetention:
		return plan.DutyRetain
	case w.Kind == kindPipeline || w.may(readData):
		return plan.DutyTrain
	}
	return plan.DutyWatch
}

// id names the workload among all of its plan: "endpoint-scoring".
func (w workload) id() string { return w.Kind + "-" + w.Name }

// source is where a dataset's rows are.
type source struct {
	Bucket string // of a blob URL; empty: relative, in a bucket of the dataset's own
	Key    string // the object, or the beginning of what a glob matches
	Glob   bool
}

// sourceOf reads a dataset's source. Schemes other than s3:// and relative
// paths have none that a cluster could grant or deny.
func sourceOf(d plan.Dataset) (source, bool) {
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
