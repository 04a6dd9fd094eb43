package registry

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestOnePersonUnderTwoSpellingsIsOne(t *testing.T) {
	for _, same := range [][2]string{
		{"ada", " ADA "}, {"Ada Lovelace", "ada  lovelace"}, {"Ada Lovelace <ada@example.com>", "ADA@example.com"},
		{"ada\tlovelace", "ada lovelace"},
	} {
		if Identity(same[0]) != Identity(same[1]) {
			t.Errorf("%q and %q are two people", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"ada", "adam"}, {"Ada <ada@a.com>", "Ada <ada@b.com>"}, {"ada <>", "<>"}} {
		if Identity(other[0]) == Identity(other[1]) {
			t.Errorf("%q and %q are one person", other[0], other[1])
		}
	}
	for _, nobody := range []string{"", " \t", "a\u200bda", "a\x00da", "\xff", "policy:auto", "Policy:x",
		"x <policy:auto>", "endpoint:scoring", strings.Repeat("a", 201)} {
		if name, err := Person(nobody); err == nil {
			t.Errorf("%q passes for %q", nobody, name)
		}
	}
}

func TestDecisionErrorsSayTheirCause(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		ctx := t.Context()
		r := fresh(t).open(t)
		c := candidate("m", "1")
		c.Author, c.Approval.Count = "Ada <ada@example.com>", 2
		c.Approval.Approvers = []string{"ada@example.com", "grace", "linus"}
		register(t, r, c)
		approve := func(d Decision) error { _, err := r.Approve(ctx, "m", 1, d); return err }
		for _, step := range []struct {
			do    func() error
			cause error
		}{
			{func() error { return approve(Decision{By: "ada@EXAMPLE.com"}) }, ErrAuthor},
			{func() error { return approve(Decision{By: "eve"}) }, ErrNotApprover},
			{func() error { return approve(Decision{By: ""}) }, ErrNobody},
			{func() error { return approve(Decision{By: "grace", Comment: strings.Repeat("x", 2001)}) }, ErrComment},
			{func() error { return approve(Decision{By: "grace", Comment: "\xff"}) }, ErrComment},
			{func() error { return approve(Decision{By: "grace", Comment: "a\x00b"}) }, ErrComment},
			{func() error { return approve(Decision{By: "grace", Comment: strings.Repeat("é", 2000)}) }, nil},
			{func() error { return approve(Decision{By: "GRACE"}) }, ErrRepeated},
			{func() error { _, err := r.AutoApprove(ctx, "m", 1, "dev"); return err }, ErrPolicy},
			{func() error { return r.RecordServing(ctx, "e", "m", 1, digest("1")) }, ErrNotApproved},
			{func() error { return approve(Decision{By: "linus"}) }, nil},
			{func() error { return approve(Decision{By: "eve"}) }, ErrApproved},
			{func() error { return r.RecordServing(ctx, "e", "m", 1, digest("2")) }, ErrOtherFile},
			{func() error { return r.RecordServing(ctx, "e", "m", 1, digest("1")) }, nil},
			{func() error { _, err := r.Reject(ctx, "m", 1, Decision{By: "eve", Comment: "leaks"}); return err }, nil},
			{func() error { _, err := r.Reject(ctx, "m", 1, Decision{By: "eve"}); return err }, ErrRejected},
			{func() error { return approve(Decision{By: "grace"}) }, ErrRejected},
			{func() error { _, err := r.AutoApprove(ctx, "m", 1, "dev"); return err }, ErrRejected},
		} {
			err := step.do()
			var decision *DecisionError
			if step.cause == nil && err != nil || step.cause != nil &&
				(!errors.Is(err, step.cause) || !errors.As(err, &decision)) {
				t.Errorf("got %v, want %v", err, step.cause)
			}
		}
		verify(t, r)
	})
}

func TestThePolicyApprovesOnceAndSaysWhy(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		c := candidate("m", "1")
		c.Approval = plan.Approval{Policy: "auto"}
		register(t, r, c)
		for range 2 {
			v, err := r.AutoApprove(t.Context(), "m", 1, "environment dev says so")
			if err != nil || v.Status != Approved || len(v.Decisions) != 1 || v.Decisions[0].By != PolicyActor {
				t.Fatalf("%+v, %v", v, err)
			}
		}
		entries, err := r.Audit(t.Context(), Filter{Action: ActionApprove})
		if err != nil || len(entries) != 1 || entries[0].Actor != PolicyActor ||
			!strings.Contains(entries[0].Summary(), "environment dev says so") {
			t.Errorf("%+v, %v", entries, err)
		}
	})
}

// TestAStricterRuleIsMetByFurtherApprovals follows one model file from an
// environment that approves by policy to one that wants two people.
func TestAStricterRuleIsMetByFurtherApprovals(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		ctx := t.Context()
		r := fresh(t).open(t)
		c := candidate("m", "1")
		c.Approval = plan.Approval{Policy: "auto"}
		register(t, r, c)
		if _, err := r.AutoApprove(ctx, "m", 1, "dev"); err != nil {
			t.Fatal(err)
		}
		c.Environment, c.PlanDigest, c.Author = "prod", digest("f"), "mallory"
		c.Approval = plan.Approval{Policy: "manual", Approvers: []string{"grace", "linus", "ada"},
			Count: 2, NotAuthor: true}
		v := register(t, r, c)
		if v.Version != 1 || v.PlanDigest != digest("f") || v.Author != "ada" {
			t.Errorf("the same file became %+v", v)
		}
		if _, err := r.Approve(ctx, "m", 1, Decision{By: "ada"}); !errors.Is(err, ErrAuthor) {
			t.Errorf("its author changed with who asked for it again: %v", err)
		}
		for i, by := range []string{"grace", "linus"} {
			v, err := r.Approve(ctx, "m", 1, Decision{By: by})
			if err != nil || len(v.Approvals(c.Approval)) != i+1 {
				t.Errorf("%+v, %v", v.Decisions, err)
			}
		}
		entries, err := r.Audit(ctx, Filter{Action: ActionRenew})
		if err != nil || len(entries) != 1 || entries[0].Actor != "mallory" {
			t.Fatalf("%+v, %v", entries, err)
		}
		if record, ok := entries[0].Details["record"].(map[string]any); !ok || record["environment"] != "prod" {
			t.Errorf("the log does not keep the new record: %v", entries[0].Details)
		}
		verify(t, r)
	})
}

func TestHostileCandidatesAreRefusedAndLogged(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		nan, huge := math.NaN(), strings.Repeat("x", 2<<20)
		for name, c := range map[string]struct {
			spoil func(*Candidate)
			want  string
		}{
			"a metric that is not a number": {func(c *Candidate) { c.Metrics["f1"] = nan }, "metric f1 is NaN"},
			"a gate passed without value":   {func(c *Candidate) { c.Gates[0].Value = nil }, "has no value"},
			"a gate passed with NaN":        {func(c *Candidate) { c.Gates[0].Value = &nan }, "has no value"},
			"a gate that fails in silence": {func(c *Candidate) { c.Gates[0].Passed = false },
				"gate roc_auc does not hold, must be >=0.8"},
			"a name with a slash":         {func(c *Candidate) { c.Model = "../m" }, "its name"},
			"a name beyond all bounds":    {func(c *Candidate) { c.Model = huge }, "its name"},
			"an author who is the policy": {func(c *Candidate) { c.Author = "policy:auto" }, "kept for Ashlar"},
			"evidence without a digest": {func(c *Candidate) { c.Evidence = map[string]string{"evaluation": "none"} },
				"evidence evaluation digest"},
			"a policy nobody knows": {func(c *Candidate) { c.Approval.Policy = "maybe" }, `policy is "maybe"`},
			"a record beyond all bounds": {func(c *Candidate) { c.Params = plan.Params{"x": huge} },
				"at most 1048576"},
			"parameters that are no JSON": {func(c *Candidate) { c.Params = plan.Params{"x": nan} },
				"cannot be written down"},
			"a digest in capitals": {func(c *Candidate) { c.ModelDigest = strings.ToUpper(digest("a")) },
				"model digest"},
		} {
			t.Run(name, func(t *testing.T) {
				r := fresh(t).open(t)
				bad := candidate("m", "1")
				c.spoil(&bad)
				var refused *RefusedError
				_, err := r.Register(t.Context(), bad)
				if !errors.As(err, &refused) || len(refused.Reasons) != 1 ||
					!strings.Contains(refused.Reasons[0], c.want) {
					t.Fatalf("got %.300v, want one reason that says %q", err, c.want)
				}
				entries, err := r.Audit(t.Context(), Filter{})
				if err != nil || len(entries) != 1 || entries[0].Action != ActionRefuse ||
					len(entries[0].Summary()) > 1000 {
					t.Errorf("%d entries, %v", len(entries), err)
				}
				if names, err := r.Models(t.Context()); err != nil || len(names) > 0 {
					t.Errorf("%v is registered (%v)", names, err)
				}
				verify(t, r)
			})
		}
	})
}

func TestHistoryCanBeAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		ctx := t.Context()
		r := written(t, fresh(t)).open(t)
		register(t, r, candidate("m", "3"))
		for _, n := range []int{3, 1} {
			if err := r.SetAlias(ctx, "m", "champion", n, "ada"); err != nil {
				t.Fatal(err)
			}
		}
		moves, err := r.Audit(ctx, Filter{Model: "m", Action: ActionAlias})
		was := func(i int) any { return moves[i].Details["was"] }
		if err != nil || len(moves) != 3 || was(0) != 0.0 || moves[1].Version != 3 || was(1) != 1.0 ||
			moves[2].Version != 1 || moves[2].Actor != "ada" {
			t.Errorf("%+v, %v", moves, err)
		}
		if err := r.SetAlias(ctx, "m", "champion", 9, "ada"); err == nil ||
			!strings.Contains(err.Error(), "has no version 9") {
			t.Errorf("an alias of nothing: %v", err)
		}
		if err := r.SetAlias(ctx, "m", "a/b", 1, "ada"); err == nil {
			t.Error("an alias with a slash was set")
		}
		if err := r.SetAlias(ctx, "m", "x", 1, ""); err == nil {
			t.Error("nobody set an alias")
		}
		now := noon.Add(time.Hour)
		if s, err := r.Served(ctx, "m", now); err != nil || len(s) != 1 || s[0].Endpoint != "e" || s[0].Version != 1 {
			t.Errorf("%+v, %v", s, err)
		}
		if s, err := r.Served(ctx, "m", noon); err != nil || len(s) != 0 {
			t.Errorf("served before it was trained: %+v, %v", s, err)
		}
		last, err := r.Audit(ctx, Filter{Model: "m", Last: 2})
		if err != nil || len(last) != 2 || last[0].Seq != 8 || last[1].Seq != 9 {
			t.Errorf("%+v, %v", last, err)
		}
		if since, err := r.Audit(ctx, Filter{After: 7}); err != nil || len(since) != 2 {
			t.Errorf("%d entries after the seventh, %v", len(since), err)
		}
		if none, err := r.Audit(ctx, Filter{Model: "other"}); err != nil || none == nil || len(none) != 0 {
			t.Errorf("%v, %v", none, err)
		}
	})
}

func TestParametersAreWrittenAsTheDatabaseWants(t *testing.T) {
	query := `SELECT a FROM b WHERE c = ? AND (d = ? OR e > ?)`
	if got := postgres().bind(query); got != `SELECT a FROM b WHERE c = $1 AND (d = $2 OR e > $3)` {
		t.Error(got)
	}
	if got := sqlite().bind(query); got != query {
		t.Error(got)
	}
}
