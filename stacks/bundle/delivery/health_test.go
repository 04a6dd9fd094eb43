package delivery

import (
	"testing"

	"github.com/google/cel-go/cel"
)

// state evaluates the health of a Rollout as Flux does, with the object's members as
// variables.
func state(t *testing.T, health bundleObject, generation int, status map[string]any) string {
	t.Helper()
	env, err := cel.NewEnv(cel.Variable("status", cel.DynType), cel.Variable("metadata", cel.DynType))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"failed", "current"} {
		text, _ := health.at(name).(string)
		ast, issues := env.Compile(text)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", name, issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := program.Eval(map[string]any{"status": status,
			"metadata": map[string]any{"generation": generation}})
		if err != nil {
			t.Fatalf("%s of %v: %v", name, status, err)
		}
		if got.Value() == true {
			return name
		}
	}
	return "in progress"
}

func TestARolloutIsHealthyWhenItsControllerSaysSoOfThisGeneration(t *testing.T) {
	for name, c := range map[string]struct {
		timeout string
		paused  string // what a pause is
	}{
		"pauses that end":       {"21m", "in progress"},
		"a pause without end":   {"15m", "current"},
		"a switch by a person":  {"15m", "current"},
		"a switch by the clock": {"15m", "in progress"},
	} {
		text := rollout
		switch name {
		case "a pause without end":
			text = rollout[:len(rollout)-len("      steps: [{setWeight: 10}, {pause: {duration: 300s}}, {pause: {duration: 60}}]\n")] +
				"      steps: [{setWeight: 10}, {pause: {}}]\n"
		case "a switch by a person":
			text = blueGreen("false")
		case "a switch by the clock":
			text = blueGreen("true")
		}
		k := written(t, "flux", tagged, manifests(t, namespace, text), Options{})["Kustomization credit"]
		if k.at("spec", "timeout") != c.timeout {
			t.Errorf("%s: the timeout is %v, want %s", name, k.at("spec", "timeout"), c.timeout)
		}
		all, _ := k.at("spec", "healthCheckExprs").([]any)
		if len(all) != 1 {
			t.Fatalf("%s: %v", name, k)
		}
		health := bundleObject(all[0].(map[string]any))
		for phase, want := range map[string]string{"Healthy": "current", "Degraded": "failed",
			"Progressing": "in progress",
			"Paused":      c.paused} {
			if got := state(t, health, 7, map[string]any{"observedGeneration": "7", "phase": phase}); got != want {
				t.Errorf("%s: %s is %s, want %s", name, phase, got, want)
			}
			if got := state(t, health, 8,
				map[string]any{"observedGeneration": "7", "phase": phase}); got != "in progress" {
				t.Errorf("%s: %s of an older generation is %s", name, phase, got)
			}
		}
		if got := state(t, health, 1, map[string]any{}); got != "in progress" {
			t.Errorf("%s: without a status it is %s", name, got)
		}
	}
}

// blueGreen is a Rollout that switches all traffic at once.
func blueGreen(auto string) string {
	return "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: scoring, namespace: credit}\n" +
		"spec: {strategy: {blueGreen: {activeService: scoring, previewService: p, autoPromotionEnabled: " + auto +
		"}}}\n"
}
