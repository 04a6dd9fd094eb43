package govern

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

type versions []registry.Version

func (v versions) Versions(context.Context, string) ([]registry.Version, error) { return v, nil }

func version(n int, status string, by ...string) registry.Version {
	v := registry.Version{Version: n, Status: status, Candidate: registry.Candidate{Model: "m", Author: "ada"}}
	for _, who := range by {
		v.Decisions = append(v.Decisions, registry.RecordedDecision{Verdict: registry.Approved, By: who})
	}
	return v
}

func TestTheNewestServableVersionIsChosen(t *testing.T) {
	one := plan.Approval{Policy: "manual", Count: 1}
	two := plan.Approval{Policy: "manual", Count: 2, NotAuthor: true}
	cases := []struct {
		name string
		have versions
		rule plan.Approval
		want int
		why  string
	}{
		{"the newest approved, not the pending one",
			versions{version(3, registry.Pending), version(2, registry.Approved, "grace"),
				version(1, registry.Approved, "grace")}, one, 2, ""},
		{"not a rejected one", versions{version(2, registry.Rejected, "grace"),
			version(1, registry.Approved, "grace")}, one, 1, ""},
		{"a rule tightened since", versions{version(1, registry.Approved, "grace")}, two, 0, "1 of the 2 approvals"},
		{"the author does not count", versions{version(1, registry.Approved, "Ada", "grace")}, two, 0, "1 of the 2"},
		{"two others do", versions{version(1, registry.Approved, "linus", "grace")}, two, 1, ""},
		{"an approver who is none any more", versions{version(1, registry.Approved, "grace")},
			plan.Approval{Policy: "manual", Approvers: []string{"linus"}, Count: 1}, 0, "0 of the 1"},
		{"one person under two spellings",
			versions{version(1, registry.Approved, "grace", " GRACE")}, two, 0, "1 of the 2"},
		{"a rule without a number asks for one", versions{version(1, registry.Approved)},
			plan.Approval{Policy: "manual"}, 0, "0 of the 1"},
		{"the policy is no person", versions{version(1, registry.Approved,
			registry.PolicyActor)}, one, 0, "0 of the 1"},
		{"the policy is enough where it is asked for", versions{version(1, registry.Approved, registry.PolicyActor)},
			plan.Approval{Policy: "auto"}, 1, ""},
		{"only pending ones", versions{version(2, registry.Pending)}, one, 0, "ashlar model approve m 2 --by NAME"},
		{"none at all", nil, one, 0, "none is registered"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v, err := Choose(t.Context(), c.have, Requirements{Model: "m", Approval: c.rule})
			if v.Version != c.want {
				t.Errorf("chose %d, want %d (%v)", v.Version, c.want, err)
			}
			var none *NotServableError
			if c.want == 0 && (!errors.As(err, &none) || !strings.Contains(err.Error(), c.why)) {
				t.Errorf("got %v, want it to say %q", err, c.why)
			}
		})
	}
}

func TestAVersionWhoseGateFailedIsNotServed(t *testing.T) {
	v := version(1, registry.Approved, "grace")
	v.Gates = []registry.Gate{{Name: "roc_auc", Want: ">=0.8"}}
	if _, err := Choose(t.Context(), versions{v},
		Requirements{Model: "m", Approval: plan.Approval{Policy: "auto"}}); err == nil ||
		!strings.Contains(err.Error(), "roc_auc >=0.8") {
		t.Errorf("got %v", err)
	}
}

// broken is a registry that cannot be read.
type broken struct{}

func (broken) Versions(context.Context, string) ([]registry.Version, error) {
	return nil, errors.New("registry: the disk is gone")
}

func TestARegistryThatCannotBeReadIsNotOneWithoutVersions(t *testing.T) {
	_, err := Choose(t.Context(), broken{}, Requirements{Model: "m", Approval: plan.Approval{Policy: "auto"}})
	if err == nil || !strings.Contains(err.Error(), "the disk is gone") || errors.As(err, new(*NotServableError)) {
		t.Errorf("got %v", err)
	}
}

func TestAVersionShortOfApprovalsNamesTheCommand(t *testing.T) {
	_, err := Choose(t.Context(), versions{version(4, registry.Approved, registry.PolicyActor)},
		Requirements{Model: "m", Approval: plan.Approval{Policy: "manual", Count: 1}})
	if err == nil || !strings.Contains(err.Error(), "ashlar model approve m 4 --by NAME") {
		t.Errorf("got %v", err)
	}
}

func TestServableGivesEveryReason(t *testing.T) {
	v := version(2, registry.Pending)
	v.ModelDigest = "sha256:aa"
	v.Gates = []registry.Gate{{Name: "roc_auc", Want: ">=0.8"}}
	err := Servable(plan.Approval{Policy: "manual", Count: 1}, v, "sha256:bb")
	for _, want := range []string{"is pending", "roc_auc >=0.8", "sha256:aa", "sha256:bb", "ashlar model approve m 2"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not mention %q", err, want)
		}
	}
	v = version(2, registry.Approved, "grace")
	v.ModelDigest = "sha256:aa"
	if err := Servable(plan.Approval{Policy: "manual", Count: 1}, v, "sha256:aa"); err != nil {
		t.Errorf("an approved version whose file is the one registered: %v", err)
	}
	if err := Servable(plan.Approval{Policy: "manual", Count: 1}, version(3, registry.Rejected), ""); err == nil ||
		strings.Contains(err.Error(), "model approve") {
		t.Errorf("a rejected version cannot be approved any more: %v", err)
	}
}

func TestTheFirstNameGivenIsTheAuthor(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
		why   string
	}{
		{[]string{"", "  ", " Ada <ada@example.com> ", "root"}, "Ada <ada@example.com>", ""},
		{[]string{"policy:auto", "root"}, "", "kept for Ashlar"},
		{[]string{"a\u200bda", "root"}, "", "cannot be seen"},
		{nil, "", "author: missing"},
	} {
		got, err := Author(c.names...)
		if got != c.want || (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%q: %q, %v; want %q %q", c.names, got, err, c.want, c.why)
		}
	}
}
