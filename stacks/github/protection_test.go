package github_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// object reads a JSON object, as the double keeps it.
func object(t *testing.T, text string) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// arranged is what the setup makes of one of its parts, and what it said before.
func arranged(t *testing.T, s *githubtest.Server, setup github.Setup) (now string) {
	t.Helper()
	c, _ := client(t, s)
	steps, err := c.Differences(t.Context(), setup)
	if err != nil || len(steps) > 1 {
		t.Fatalf("%+v, %v", steps, err)
	}
	if len(steps) == 0 {
		return ""
	}
	if _, err := c.Apply(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	if left, err := c.Differences(t.Context(), setup); err != nil || len(left) > 0 {
		t.Errorf("set up, there is still %+v (%v)", left, err)
	}
	return steps[0].Now
}

func TestAProtectionKeepsWhatTheSetupDoesNotKnow(t *testing.T) {
	s := githubtest.New(t)
	s.Protect("main", object(t, `{
		"required_status_checks": {"strict": false, "checks": [{"context": "theirs", "app_id": 15368}, {"context": "any"}]},
		"required_pull_request_reviews": {"required_approving_review_count": 2, "require_last_push_approval": true,
			"dismissal_restrictions": {"users": ["ada"], "teams": ["risk"], "apps": ["bot"]},
			"bypass_pull_request_allowances": {"users": ["eve"], "teams": [], "apps": []}},
		"enforce_admins": false, "restrictions": {"users": ["grace"], "teams": ["release"], "apps": ["deployer"]},
		"required_linear_history": true, "required_conversation_resolution": true, "block_creations": true,
		"lock_branch": false, "allow_fork_syncing": true, "allow_force_pushes": true, "allow_deletions": true}`))
	now := arranged(t, s, github.Setup{Branch: "main", Checks: []string{"check"}})
	for _, want := range []string{"2 approvals", "up to date false", "force pushes allowed", "deletion allowed",
		"without a pull request by some allowed", "checks any, theirs"} {
		if !strings.Contains(now, want) {
			t.Errorf("before: %s; want %s", now, want)
		}
	}
	on, off := map[string]any{"enabled": true}, map[string]any{"enabled": false}
	who := func(user, team, app string) map[string]any {
		return map[string]any{"users": []any{map[string]any{"login": user}},
			"teams": []any{map[string]any{"slug": team}},
			"apps":  []any{map[string]any{"slug": app}}}
	}
	want := map[string]any{
		"required_status_checks": map[string]any{"strict": true, "contexts": []any{"any", "check", "theirs"},
			"checks": []any{map[string]any{"context": "any"}, map[string]any{"context": "check"},
				map[string]any{"context": "theirs", "app_id": 15368.0}}},
		"required_pull_request_reviews": map[string]any{"required_approving_review_count": 2.0,
			"require_last_push_approval": true, "dismiss_stale_reviews": true, "require_code_owner_reviews": true,
			"dismissal_restrictions": who("ada", "risk", "bot")},
		"enforce_admins": on, "restrictions": who("grace", "release", "deployer"), "required_linear_history": on,
		"required_conversation_resolution": on, "block_creations": on, "lock_branch": off, "allow_fork_syncing": on,
		"allow_force_pushes": off, "allow_deletions": off,
	}
	if diff := cmp.Diff(want, s.Protection("main")); diff != "" {
		t.Error(diff)
	}
}

func TestEachHoleInAProtectionIsClosed(t *testing.T) {
	for name, hole := range map[string]func(body, reviews, checks map[string]any){
		"":                     func(_, _, _ map[string]any) {},
		"force pushes":         func(body, _, _ map[string]any) { body["allow_force_pushes"] = true },
		"deletion":             func(body, _, _ map[string]any) { body["allow_deletions"] = true },
		"up to date false":     func(_, _, checks map[string]any) { checks["strict"] = false },
		"administrators too f": func(body, _, _ map[string]any) { body["enforce_admins"] = false },
		"without a pull request": func(_, reviews, _ map[string]any) {
			reviews["bypass_pull_request_allowances"] = map[string]any{"teams": []any{"risk"}}
		},
	} {
		s := githubtest.New(t)
		body := object(t, `{"required_status_checks": {"strict": true, "contexts": ["check"]},
			"required_pull_request_reviews": {"required_approving_review_count": 1, "dismiss_stale_reviews": true,
				"require_code_owner_reviews": true}, "enforce_admins": true}`)
		hole(body, body["required_pull_request_reviews"].(map[string]any),
			body["required_status_checks"].(map[string]any))
		s.Protect("main", body)
		now := arranged(t, s, github.Setup{Branch: "main", Checks: []string{"check"}})
		if (now == "") != (name == "") || !strings.Contains(now, name) {
			t.Errorf("%q: found %q", name, now)
		}
	}
}

func TestAnEnvironmentKeepsItsWaitAndAdministratorsWait(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	setup := github.Setup{Branch: "main", Checks: []string{"check"},
		Environments: []github.Environment{{Name: "prod", Reviewers: []string{"grace"}}}}
	steps, err := c.Differences(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Apply(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	id := s.Environment("prod")["protection_rules"].([]any)[1].(map[string]any)["reviewers"].([]any)[0].(map[string]any)
	s.Deploy("prod", map[string]any{"can_admins_bypass": true, "wait_timer": 30.0, "prevent_self_review": true,
		"deployment_branch_policy": map[string]any{"protected_branches": true, "custom_branch_policies": false},
		"reviewers":                []any{map[string]any{"type": "User", "id": id["reviewer"].(map[string]any)["id"]}}})
	if now := arranged(t, s, setup); !strings.HasSuffix(now, "which administrators may go past") {
		t.Errorf("before: %q", now)
	}
	e := s.Environment("prod")
	rules := e["protection_rules"].([]any)
	if e["can_admins_bypass"] != false || rules[0].(map[string]any)["wait_timer"] != 30.0 ||
		rules[1].(map[string]any)["prevent_self_review"] != true {
		t.Errorf("%v", e)
	}
}
