package wave

import "testing"

func TestConfigurationComesBeforeMigrationsAndThoseBeforeEndpoints(t *testing.T) {
	order := [][]string{{"Namespace", "CustomResourceDefinition"},
		{"ResourceQuota", "Role", "ConfigMap", "ExternalSecret"},
		{"Job"}, {"Service", "TraefikService"}, {"Deployment", "Rollout", "CronJob", "AKindOfTomorrow"},
		{"HorizontalPodAutoscaler", "ScaledObject", "InterceptorRoute", "HTTPRoute", "IngressRoute"}}
	for want, kinds := range order {
		for _, kind := range kinds {
			if got := Of(kind); got != want {
				t.Errorf("%s is of wave %d, want %d", kind, got, want)
			}
		}
	}
}

func TestStagesAreRunsOfWaves(t *testing.T) {
	for w, want := range []Stage{Setup, Setup, Migrate, Run, Run, Run, Run} {
		if got := StageOf(w); got != want {
			t.Errorf("wave %d is of stage %s, want %s", w, got, want)
		}
	}
	if StageOf(-1) != Setup {
		t.Error("a negative wave is not of the first stage")
	}
	if all := Stages(); len(all) != 3 || all[0] != Setup || all[2] != Run {
		t.Errorf("got %v", all)
	}
}

func TestWhatOnlyConfiguresWaitsForNothing(t *testing.T) {
	for kind, want := range map[string]bool{"ServiceAccount": false, "Namespace": false,
		"Service": true, "Rollout": true} {
		if Waits(kind) != want {
			t.Errorf("%s waits: %t", kind, !want)
		}
	}
	for text, want := range map[string]bool{"3": true, "-1": true, "": false, "first": false} {
		if _, ok := Parse(text); ok != want {
			t.Errorf("%q is a wave: %t", text, !want)
		}
	}
}
