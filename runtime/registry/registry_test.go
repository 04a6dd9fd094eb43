package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock moves on by a second each time it is read.
func clock() func() time.Time {
	var mu sync.Mutex
	now := noon
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

func digest(c string) string { return "sha256:" + strings.Repeat(c, 64) }

func candidate(model, d string) Candidate {
	auc := 0.84
	return Candidate{
		Blueprint: "credit", Environment: "dev", Model: model, RunID: "run-1",
		ModelDigest: digest(d), PlanDigest: digest("a"),
		Data: Data{Source: "data.csv", Digest: digest("b")}, Author: "ada", TrainedAt: noon, Algorithm: "random_forest",
		Metrics: map[string]float64{"roc_auc": auc},
		Gates:   []Gate{{Name: "roc_auc", Value: &auc, Want: ">=0.8", Passed: true}},
		Approval: plan.Approval{Policy: "manual", Approvers: []string{"grace", "Ada", "linus"},
			Count: 1, NotAuthor: true},
	}
}

func register(t *testing.T, r *Registry, c Candidate) Version {
	t.Helper()
	v, err := r.Register(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func verify(t *testing.T, r *Registry) {
	t.Helper()
	if err := r.VerifyAudit(t.Context()); err != nil {
		t.Errorf("the log does not verify: %v", err)
	}
}

func TestACandidateBecomesTheNextVersionOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		first := register(t, r, candidate("m", "1"))
		second := register(t, r, candidate("m", "2"))
		again := register(t, r, candidate("m", "1"))
		if first.Version != 1 || second.Version != 2 || again.Version != 1 || first.Status != Pending {
			t.Errorf("versions %d %d %d, status %s", first.Version, second.Version, again.Version, first.Status)
		}
		if vs, err := r.Versions(t.Context(), "m"); err != nil || len(vs) != 2 || vs[0].Version != 2 ||
			*vs[1].Gates[0].Value != 0.84 {
			t.Errorf("%+v, %v", vs, err)
		}
		if head, _ := r.Head(t.Context()); head != 2 {
			t.Errorf("%d audit entries for two registrations and a repetition", head)
		}
		verify(t, r)
	})
}

func TestAnIncompleteCandidateIsRefusedWithEveryReason(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		bad := candidate("m", "1")
		bad.Author, bad.Metrics, bad.TrainedAt = " ", nil, time.Time{}
		bad.Data = Data{}
		bad.PlanDigest = "sha256:12"
		bad.Gates = append(bad.Gates, Gate{Name: "accuracy", Want: ">=0.9", Reason: "accuracy is 0.8, must be >=0.9"})
		_, err := r.Register(t.Context(), bad)
		var refused *RefusedError
		if !errors.As(err, &refused) {
			t.Fatalf("got %v", err)
		}
		for _, want := range []string{"no author", "no metrics", "no training date", "data source", "data digest",
			"plan digest", "accuracy is 0.8"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the refusal does not mention %q: %v", want, err)
			}
		}
		late := candidate("m", "1")
		late.TrainedAt = noon.AddDate(1, 0, 0)
		if _, err := r.Register(t.Context(), late); err == nil || !strings.Contains(err.Error(), "future") {
			t.Errorf("a model from the future: %v", err)
		}
		entries, err := r.Audit(t.Context(), Filter{Model: "m"})
		if err != nil || len(entries) != 2 || entries[0].Action != "refuse" ||
			!strings.Contains(entries[0].Summary(), "accuracy is 0.8") {
			t.Errorf("the log does not have the refusals: %+v, %v", entries, err)
		}
		verify(t, r)
	})
}

func TestWhoMayApprove(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		manual := plan.Approval{Policy: "manual", Approvers: []string{"grace", "ada", "linus"},
			Count: 2, NotAuthor: true}
		anyone := plan.Approval{Policy: "manual", Count: 1}
		auto := plan.Approval{Policy: "auto"}
		cases := []struct {
			name   string
			rule   plan.Approval
			by     []string
			status string
			want   string // of the last decision's error
		}{
			{"two of the approvers", manual, []string{"grace", "LINUS "}, Approved, ""},
			{"one of two is not enough", manual, []string{"grace"}, Pending, ""},
			{"the same person twice", manual, []string{"grace", " Grace"}, Pending, "approved it already"},
			{"the author", manual, []string{"ADA"}, Pending, "other than the author"},
			{"a stranger", manual, []string{"mallory"}, Pending, "who are grace, ada, linus"},
			{"nobody", anyone, []string{" "}, Pending, "missing decider"},
			{"anyone where no approvers are named", anyone, []string{"mallory"}, Approved, ""},
			{"the author where the rule lets them", anyone, []string{"ada"}, Approved, ""},
			{"twice approved", anyone, []string{"ada", "grace"}, Approved, "approved already"},
			{"somebody who calls himself the policy", anyone, []string{PolicyActor}, Pending, "kept for Ashlar itself"},
			{"a person where the policy would", auto, []string{"mallory"}, Approved, ""},
			{"the policy's name where the policy would", auto, []string{" Policy:AUTO"}, Pending,
				"kept for Ashlar itself"},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				r := fresh(t).open(t)
				cand := candidate("m", "1")
				cand.Approval = c.rule
				register(t, r, cand)
				var err error
				for _, by := range c.by {
					_, err = r.Approve(t.Context(), "m", 1, Decision{By: by, Comment: "ok"})
				}
				if c.want == "" && err != nil || c.want != "" &&
					(err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if v, err := r.Version(t.Context(), "m", 1); err != nil || v.Status != c.status {
					t.Errorf("status %s, want %s (%v)", v.Status, c.status, err)
				}
				verify(t, r)
			})
		}
	})
}

func TestRejectionIsFinal(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		register(t, r, candidate("m", "1"))
		ctx := t.Context()
		if _, err := r.Approve(ctx, "m", 1, Decision{By: "grace"}); err != nil {
			t.Fatal(err)
		}
		if v, err := r.Reject(ctx, "m", 1,
			Decision{By: "linus", Comment: "leaks"}); err != nil || v.Status != Rejected {
			t.Fatalf("%s, %v", v.Status, err)
		}
		if _, err := r.Approve(ctx, "m", 1, Decision{By: "grace"}); err == nil ||
			!strings.Contains(err.Error(), "final") {
			t.Errorf("got %v", err)
		}
		if _, err := r.Approve(ctx, "m", 9, Decision{By: "grace"}); err == nil ||
			!strings.Contains(err.Error(), "there is version 1") {
			t.Errorf("got %v", err)
		}
		if _, err := r.Approve(ctx, "n", 1, Decision{By: "grace"}); err == nil ||
			!strings.Contains(err.Error(), `no model "n"`) {
			t.Errorf("got %v", err)
		}
		verify(t, r)
	})
}

func TestOnlyApprovedVersionsAreServedAndTheTimeIsKept(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		ctx := t.Context()
		register(t, r, candidate("m", "1"))
		register(t, r, candidate("m", "2"))
		if err := r.RecordServing(ctx, "e", "m", 1, digest("1")); err == nil ||
			!strings.Contains(err.Error(), "only approved") {
			t.Errorf("a pending version: %v", err)
		}
		for n := 1; n <= 2; n++ {
			if _, err := r.Approve(ctx, "m", n, Decision{By: "grace"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.RecordServing(ctx, "e", "m", 1, digest("2")); err == nil ||
			!strings.Contains(err.Error(), "was registered") {
			t.Errorf("another file: %v", err)
		}
		steps := []func() error{
			func() error { return r.RecordServing(ctx, "e", "m", 1, digest("1")) },
			func() error { return r.RecordServing(ctx, "e", "m", 1, digest("1")) }, // again: nothing happens
			func() error { return r.RecordServing(ctx, "e", "m", 2, digest("2")) },
			func() error { return r.StopServing(ctx, "e") },
		}
		var times []time.Time
		for _, step := range steps {
			if err := step(); err != nil {
				t.Fatal(err)
			}
			times = append(times, r.now())
		}
		for i, want := range []int{1, 1, 2, 0} {
			got, err := r.ServedAt(ctx, "e", times[i])
			if err != nil || want == 0 && len(got) != 0 || want > 0 && (len(got) != 1 || got[0].Version != want) {
				t.Errorf("after step %d: %+v, %v; want version %d", i, got, err, want)
			}
		}
		entries, err := r.Audit(ctx, Filter{Last: 3})
		if err != nil || entries[0].Action+entries[1].Action+entries[2].Action != "serveservewithdraw" {
			t.Errorf("%+v, %v", entries, err)
		}
		verify(t, r)
	})
}

func TestAliasesMoveAndAreLogged(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		ctx := t.Context()
		register(t, r, candidate("m", "1"))
		register(t, r, candidate("m", "2"))
		for _, n := range []int{1, 1, 2} {
			if err := r.SetAlias(ctx, "m", "champion", n, "ada"); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := r.Alias(ctx, "m", "champion"); err != nil || v.Version != 2 || len(v.Aliases) != 1 {
			t.Errorf("%+v, %v", v, err)
		}
		if _, err := r.Alias(ctx, "m", "challenger"); err == nil {
			t.Error("an alias that nobody set was found")
		}
		if head, _ := r.Head(ctx); head != 4 {
			t.Errorf("%d entries, want two registrations and two moves", head)
		}
		verify(t, r)
	})
}

func TestManyAtOnceLoseNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		var group sync.WaitGroup
		for g := range 6 {
			group.Go(func() {
				r, err := Open(context.Background(), p.location, Options{Now: clock()})
				if err != nil {
					t.Error(err)
					return
				}
				defer r.Close()
				for i := range 8 {
					c := candidate("m", "1")
					c.ModelDigest = fmt.Sprintf("sha256:%064x", g*100+i)
					if _, err := r.Register(context.Background(), c); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		r := p.open(t)
		vs, err := r.Versions(t.Context(), "m")
		if err != nil || len(vs) != 48 || vs[0].Version != 48 {
			t.Errorf("%d versions, the newest %d, want 48 (%v)", len(vs), vs[0].Version, err)
		}
		verify(t, r)
	})
}
