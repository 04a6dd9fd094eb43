package plan

import "testing"

func TestAPreviewIsNamedAfterItsPullRequest(t *testing.T) {
	for name, want := range map[string]int{
		"pr-1": 1, "pr-12": 12, "pr-999999999": 999999999,
		"pr-": 0, "pr-0": 0, "pr--1": 0, "pr-012": 0, "pr-+1": 0, "pr-1a": 0, "PR-1": 0, "dev": 0, "preview": 0,
		"pr-99999999999999999999": 0,
	} {
		got, ok := PreviewNumber(name)
		if got != want || ok != (want > 0) {
			t.Errorf("%s is of pull request %d (%v), want %d", name, got, ok, want)
		}
		if ok && PreviewEnvironment(got) != name {
			t.Errorf("%d is called %s", got, PreviewEnvironment(got))
		}
	}
}
