package govern

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// decided is a version as the registry has it, with one approval.
func decided() registry.Version {
	v := promoted(2, "two")
	v.Environment, v.RunID, v.Author = "prod", "r1", "ada"
	v.CreatedAt = time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	v.Decisions = []registry.RecordedDecision{{Verdict: registry.Approved, By: "risk",
		Comment: "read", At: v.CreatedAt}}
	return v
}

// registerOf is a registry with the versions, each recorded once.
func registerOf(t *testing.T, versions ...registry.Version) Register {
	t.Helper()
	out := Register{Versions: versions}
	for _, v := range versions {
		record, err := leavesOf(v.Candidate)
		if err != nil {
			t.Fatal(err)
		}
		out.Log = append(out.Log, registry.Entry{Action: registry.ActionRegister, Model: v.Model, Version: v.Version,
			Details: map[string]any{"record": record}})
	}
	return out
}

// leavesOf is v as the log's JSON has it.
func leavesOf(v any) (tree any, err error) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	return tree, err
}

// TestEvidenceThatIsTheRecordIsFound also with what happened since.
func TestEvidenceThatIsTheRecordIsFound(t *testing.T) {
	p := Promote("prod", decided(), nil)
	since := decided()
	since.Decisions = append(since.Decisions,
		registry.RecordedDecision{Verdict: registry.Approved, By: "second", At: since.CreatedAt})
	since.Aliases = []string{"champion"}
	for _, v := range []registry.Version{decided(), since} {
		got, err := p.Compare(registerOf(t, promoted(3, "three"), v, promoted(1, "one")))
		if err != nil || got.Version != 2 || !got.Whole || len(got.Wrong) > 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// TestEveryEditOfEvidenceIsFound changes each value of the evidence's JSON in turn.
func TestEveryEditOfEvidenceIsFound(t *testing.T) {
	text, err := json.Marshal(decided())
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	said, err := leaves(all)
	if err != nil {
		t.Fatal(err)
	}
	// A promotion has no aliases, and the four digests and the number are held
	// against the pin itself.
	skip := map[string]bool{"model_digest": true, "data.digest": true, "version": true}
	edits := 0
	for leaf, value := range said {
		if skip[leaf] || value == nil {
			continue
		}
		var edited registry.Version
		if err := json.Unmarshal([]byte(changed(t, text, leaf)), &edited); err != nil {
			t.Fatalf("%s: %v", leaf, err)
		}
		home := registerOf(t, decided())
		home.Home = true
		if got, err := Promote("prod", edited, nil).Compare(home); err != nil || len(got.Wrong) == 0 {
			t.Errorf("an edit of %s went unnoticed (%v)", leaf, err)
		}
		// Where the registry may be another one, a run of another name is another
		// run: then it is at least not said that all was compared.
		if got, err := Promote("prod", edited, nil).Compare(registerOf(t, decided())); err != nil ||
			len(got.Wrong) == 0 && got.Whole {
			t.Errorf("an edit of %s passed for the record (%v)", leaf, err)
		}
		edits++
	}
	if edits < 18 {
		t.Errorf("only %d edits were tried", edits)
	}
}

// changed is the JSON with another value at the leaf.
func changed(t *testing.T, text []byte, leaf string) string {
	t.Helper()
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	found := false
	var walk func(path string, v any) any
	walk = func(path string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = walk(joined(path, name), v[name])
			}
		case []any:
			for i := range v {
				v[i] = walk(path+"["+string(rune('0'+i))+"]", v[i])
			}
		case string:
			if path == leaf {
				found = true
				if at, err := time.Parse(time.RFC3339, v); err == nil {
					return at.Add(time.Hour).Format(time.RFC3339)
				}
				return v + "x"
			}
		case float64:
			if path == leaf {
				found = true
				return v + 1
			}
		case bool:
			if path == leaf {
				found = true
				return !v
			}
		}
		return v
	}
	out, err := json.Marshal(walk("", tree))
	if err != nil || !found {
		t.Fatalf("%s: %v, found %v", leaf, err, found)
	}
	return string(out)
}

func TestEvidenceOfAModelThatWasTrainedAgain(t *testing.T) {
	again := decided()
	again.Version, again.RunID, again.Environment, again.Author, again.Decisions = 7, "r9", "dev", "grace", nil
	again.Approval = plan.Approval{Policy: "auto"}
	got, err := Promote("prod", decided(), nil).Compare(registerOf(t, again))
	if err != nil || got.Version != 7 || got.Whole || len(got.Wrong) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	edited := decided()
	edited.Metrics = map[string]float64{"roc_auc": 0.99}
	got, err = Promote("prod", edited, nil).Compare(registerOf(t, again))
	if err != nil || len(got.Wrong) != 1 || got.Wrong[0] != "metrics.roc_auc is 0.99, the registry recorded 0.8" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = Promote("prod", decided(),
		nil).Compare(registerOf(t, promoted(2, "other"))); err != nil || got.Version != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestARejectionSinceIsSaid(t *testing.T) {
	since := decided()
	since.Status = registry.Rejected
	since.Decisions = append(since.Decisions,
		registry.RecordedDecision{Verdict: registry.Rejected, By: "audit", At: since.CreatedAt})
	got, err := Promote("prod", decided(), nil).Compare(registerOf(t, since))
	if err != nil || !strings.Contains(strings.Join(got.Wrong, "; "), `it was rejected by "audit" since`) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestARecordThatWasRenewedIsStillTheRecord: the evidence was written from what the
// registry had then.
func TestARecordThatWasRenewedIsStillTheRecord(t *testing.T) {
	renewed := decided()
	renewed.PlanDigest = "sha256:later"
	r := registerOf(t, decided())
	record, err := leavesOf(renewed.Candidate)
	if err != nil {
		t.Fatal(err)
	}
	r.Versions[0] = renewed
	r.Log = append(r.Log, registry.Entry{Action: registry.ActionRenew, Model: "m", Version: 2,
		Details: map[string]any{"record": record}})
	for _, v := range []registry.Version{decided(), renewed} {
		if got, err := Promote("prod", v, nil).Compare(r); err != nil || !got.Whole || len(got.Wrong) > 0 {
			t.Errorf("%s: %+v, %v", v.PlanDigest, got, err)
		}
	}
	mixed := decided()
	mixed.PlanDigest = "sha256:neither"
	if got, err := Promote("prod", mixed, nil).Compare(r); err != nil || len(got.Wrong) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Promote("prod", decided(), nil).Compare(Register{Versions: r.Versions}); err == nil ||
		!strings.Contains(err.Error(), "log has no record") {
		t.Errorf("got %v", err)
	}
}
