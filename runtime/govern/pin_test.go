package govern

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// promoted is an approved version with what is known of it.
func promoted(n int, model string) registry.Version {
	v := version(n, registry.Approved, "grace")
	value := 0.9
	v.ModelDigest, v.PlanDigest, v.Data.Digest = "sha256:"+model, "sha256:p", "sha256:d"
	v.TrainedAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v.Metrics = map[string]float64{"roc_auc": 0.8}
	v.Gates = []registry.Gate{{Name: "fairness.Age.demographic_parity_ratio", Value: &value,
		Want: ">=0.8", Passed: true}}
	return v
}

func TestOnlyThePinnedVersionIsChosen(t *testing.T) {
	rule := plan.Approval{Policy: "manual", Count: 1}
	pin, err := Promote("prod", promoted(1, "one"), nil).Pin()
	if err != nil {
		t.Fatal(err)
	}
	have := versions{promoted(3, "three"), promoted(2, "two"), promoted(1, "one")}
	if v, err := Choose(t.Context(), have,
		Requirements{Model: "m", Approval: rule, Pin: &pin}); err != nil || v.Version != 1 {
		t.Errorf("chose %d, %v", v.Version, err)
	}
	// Another registry may have the same file under another number.
	if v, err := Choose(t.Context(), versions{promoted(7, "one")},
		Requirements{Model: "m", Approval: rule, Pin: &pin}); err != nil || v.Version != 7 {
		t.Errorf("chose %d, %v", v.Version, err)
	}
	var none *NotServableError
	_, err = Choose(t.Context(), versions{promoted(2, "two"), promoted(1, "other")},
		Requirements{Model: "m", Approval: rule, Pin: &pin})
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "version 1 is pinned (model sha256:one)") ||
		!strings.Contains(err.Error(), "of version 1 here, its model is sha256:other") {
		t.Errorf("got %v", err)
	}
	// A pin is no approval.
	if _, err = Choose(t.Context(), have,
		Requirements{Model: "m", Approval: plan.Approval{Policy: "manual", Count: 2},
			Pin: &pin}); !errors.As(err, &none) {
		t.Errorf("got %v", err)
	}
}

func TestGatesOfTodayAreHeldAgainstWhatWasMeasuredThen(t *testing.T) {
	at := func(v float64) plan.Predicate { return plan.Predicate{{Op: plan.GreaterEqual, Value: v}} }
	for want, require := range map[string]plan.Require{
		"":                                {Metrics: map[string]plan.Predicate{"roc_auc": at(0.8)}},
		"roc_auc is 0.8, must be >=0.85":  {Metrics: map[string]plan.Predicate{"roc_auc": at(0.85)}},
		"f1 must be >=0.5, and was not m": {Metrics: map[string]plan.Predicate{"f1": at(0.5)}},
		"fairness.Age.demographic_parity_ratio is 0.9, must be >=0.95": {Fairness: map[string]plan.Fairness{"Age": {Metrics: map[string]plan.Predicate{"demographic_parity_ratio": at(0.95)}}}},
		"robustness.noise.roc_auc must be >=0.1, and was not measured": {Robustness: map[string]plan.RobustnessCheck{"noise": {Metrics: map[string]plan.Predicate{"roc_auc": at(0.1)}}}},
	} {
		got := strings.Join(Unmet(require, promoted(1, "one")), "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEvidenceIsReadAsItWasWritten(t *testing.T) {
	p := Promote("prod", promoted(2, "two"), &Before{Version: 1, Model: "sha256:one"})
	file, digest, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, again, err := DecodePromotion(bytes.NewReader(file))
	if err != nil || again != digest || got.Version.Version != 2 || got.Before.Version != 1 {
		t.Errorf("%+v, %s, %v", got, again, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, file); err != nil {
		t.Fatal(err)
	}
	if _, same, err := DecodePromotion(&compact); err != nil || same != digest {
		t.Errorf("another indentation is another digest: %s, %v", same, err)
	}
	pin, err := p.Pin()
	if err != nil || pin != (plan.Pin{Version: 2, Model: "sha256:two", Data: "sha256:d",
		Plan: "sha256:p", Evidence: digest}) {
		t.Errorf("%+v, %v", pin, err)
	}
	for text, want := range map[string]string{
		"":                         "EOF",
		`{"format": "x"}`:          `format "x"`,
		`{"wrong": 1}`:             "unknown field",
		string(file) + "{}":        "something follows",
		strings.Repeat(" ", 5<<20): "larger than",
	} {
		if _, _, err := DecodePromotion(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func FuzzDecodePromotion(f *testing.F) {
	file, _, err := Promote("prod", promoted(2, "two"), nil).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, digest, err := DecodePromotion(bytes.NewReader(text))
		if err != nil {
			return
		}
		again, _, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, second, err := DecodePromotion(bytes.NewReader(again)); err != nil || second != digest {
			t.Errorf("written and read, the digest is %s and was %s: %v", second, digest, err)
		}
	})
}
