package local

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// newest is how many runs, versions and audit entries a snapshot holds.
const newest = 20

// Snapshot is the state of the whole stack, as GET /state answers it.
type Snapshot struct {
	Blueprint   string                     `json:"blueprint"`
	Environment string                     `json:"environment"`
	PlanDigest  string                     `json:"plan_digest"`
	Owner       plan.Owner                 `json:"owner"`
	Endpoints   []Endpoint                 `json:"endpoints"`
	Models      []ModelState               `json:"models"`
	Drift       map[string][]*drift.Report `json:"drift"`    // by endpoint, oldest first
	Releases    []*release.State           `json:"releases"` // of endpoints that had one
	Audit       AuditState                 `json:"audit"`
}

// ModelState is one model: its newest run, its versions, newest first, and the
// evidence of the version that is served, or of the newest.
type ModelState struct {
	Name       string             `json:"name"`
	Run        *run.Run           `json:"run,omitempty"`
	Runs       []run.Run          `json:"-"` // the newest, which Run is the first of
	Versions   []registry.Version `json:"versions"`
	Shown      int                `json:"shown"` // the version that the evidence is of
	Evaluation *evaluate.Report   `json:"evaluation,omitempty"`
	Validation *validate.Report   `json:"validation,omitempty"`
}

// AuditState is the newest entries and whether the chain holds. What is new is
// verified whenever it is shown, all of it at Verified last; see registry.Watch.
type AuditState struct {
	Whole    bool             `json:"whole"`
	Verified time.Time        `json:"verified"`
	Problem  string           `json:"problem,omitempty"`
	Count    int64            `json:"count"`
	Entries  []registry.Entry `json:"entries"`
}

// snapshot reads the whole state. Its parts are read one after the other and may be a
// moment apart: it is for people to look at.
func (h *server) snapshot(ctx context.Context) (*Snapshot, error) {
	p := h.stack.cfg.Plan
	digest, err := p.Digest()
	if err != nil {
		return nil, err
	}
	s := &Snapshot{
		Blueprint: p.Name, Environment: p.Environment, PlanDigest: digest, Owner: p.Owner,
		Endpoints: h.statuses(h.url), Drift: map[string][]*drift.Report{}, Releases: []*release.State{},
	}
	for _, e := range h.endpoints {
		if reports, watched := e.Reports(); watched {
			s.Drift[e.Name()] = reports
		}
		if r := e.Releases(); r != nil && (r.Current != nil || len(r.Past) > 0) {
			s.Releases = append(s.Releases, r)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		m, err := h.modelState(ctx, name)
		if err != nil {
			return nil, err
		}
		s.Models = append(s.Models, m)
	}
	s.Audit, err = h.auditState(ctx)
	return s, err
}

// modelState reads one model's runs, versions and evidence, bounded to the newest.
func (h *server) modelState(ctx context.Context, name string) (ModelState, error) {
	st := h.stack.state
	m := ModelState{Name: name}
	runs, err := run.List(ctx, st.Store, name, compared)
	if err != nil {
		return m, err
	}
	if len(runs) > 0 {
		m.Run, m.Runs = &runs[0], runs
	}
	if m.Versions, err = st.Registry.Versions(ctx, name); err != nil {
		return m, err
	}
	// The champion may be older than that, and then the newest version is shown.
	if len(m.Versions) > newest {
		m.Versions = m.Versions[:newest]
	}
	shown := shownVersion(m.Versions)
	if shown == nil {
		return m, nil
	}
	m.Shown = shown.Version
	m.Evaluation, m.Validation = &evaluate.Report{}, &validate.Report{}
	err = errors.Join(
		evidence(ctx, st.Store, shown.Evidence["evaluation"], m.Evaluation),
		evidence(ctx, st.Store, shown.Evidence["validation"], m.Validation),
	)
	return m, err
}

// shownVersion is the champion, or else the newest.
func shownVersion(versions []registry.Version) *registry.Version {
	for i := range versions {
		if slices.Contains(versions[i].Aliases, "champion") {
			return &versions[i]
		}
	}
	if len(versions) == 0 {
		return nil
	}
	return &versions[0]
}

// evidence reads a report; one that is gone leaves its part of the page empty.
func evidence(ctx context.Context, s *store.Store, digest string, into any) error {
	err := s.GetJSON(ctx, digest, into)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) || digest == "" {
		return nil
	}
	return err
}

// auditState reads the newest entries and what is known of the log. A failure to read
// is an error; a log that does not verify is shown.
func (h *server) auditState(ctx context.Context) (AuditState, error) {
	reg := h.stack.state.Registry
	var out AuditState
	var err error
	if out.Entries, err = reg.Audit(ctx, registry.Filter{Last: newest}); err != nil {
		return out, err
	}
	if out.Count, err = reg.Head(ctx); err != nil {
		return out, err
	}
	// Verifies what is new; everything is verified by keepVerifying.
	known, err := h.audit.Check(ctx)
	if err != nil {
		return out, err
	}
	if out.Whole, out.Verified = known.Tampering == nil, known.Whole; !out.Whole {
		out.Problem = known.Tampering.Error()
	}
	return out, nil
}
