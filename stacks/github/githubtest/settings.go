package githubtest

import (
	"net/http"
	"slices"
)

// settings are variables, environments and protection.
func (s *Server) settings() {
	s.handle("GET /actions/variables", func(*http.Request, object) reply { return ok(paged{"variables", s.variables}) })
	s.handle("POST /actions/variables", func(_ *http.Request, body object) reply {
		if slices.ContainsFunc(s.variables, func(v object) bool { return v["name"] == body["name"] }) {
			return refuse(409, "Already exists - Variable already exists")
		}
		s.variables = append(s.variables, body)
		return reply{201, object{}}
	})
	s.handle("PATCH /actions/variables/{name}", func(r *http.Request, body object) reply {
		for _, v := range s.variables {
			if v["name"] == r.PathValue("name") {
				v["value"] = body["value"]
				return reply{204, nil}
			}
		}
		return refuse(404, "Not Found")
	})
	s.handle("GET /environments/{name}", func(r *http.Request, _ object) reply {
		if e, there := s.environments[r.PathValue("name")]; there {
			return ok(e)
		}
		return refuse(404, "Not Found")
	})
	s.handle("PUT /environments/{name}", func(r *http.Request, body object) reply {
		e := environment(r.PathValue("name"), body)
		s.environments[r.PathValue("name")] = e
		return ok(e)
	})
	s.handle("GET /branches/{branch}/protection", func(r *http.Request, _ object) reply {
		if p, there := s.protection[r.PathValue("branch")]; there {
			return ok(p)
		}
		return refuse(404, "Branch not protected")
	})
	s.handle("PUT /branches/{branch}/protection", func(r *http.Request, body object) reply {
		s.protection[r.PathValue("branch")] = protection(body)
		return ok(s.protection[r.PathValue("branch")])
	})
}

// environment is what GitHub answers about an environment after the request.
func environment(name string, body object) object {
	var reviewers []any
	list, _ := body["reviewers"].([]any)
	for _, one := range list {
		r, _ := one.(object)
		reviewers = append(reviewers, object{"type": r["type"], "reviewer": object{"id": r["id"]}})
	}
	return object{"name": name, "deployment_branch_policy": body["deployment_branch_policy"],
		"can_admins_bypass": body["can_admins_bypass"],
		"protection_rules": []any{object{"type": "wait_timer", "wait_timer": body["wait_timer"]},
			object{"type": "required_reviewers", "reviewers": reviewers,
				"prevent_self_review": body["prevent_self_review"]}}}
}

// protection is what GitHub answers about a branch after the request: switches become
// objects and names objects with them, and nothing of what was there before is left.
func protection(body object) object {
	for _, name := range []string{"enforce_admins", "allow_force_pushes", "allow_deletions", "required_linear_history",
		"required_conversation_resolution", "block_creations", "lock_branch", "allow_fork_syncing"} {
		if on, ok := body[name].(bool); ok {
			body[name] = object{"enabled": on}
		}
	}
	whom(body, "restrictions")
	if reviews, ok := body["required_pull_request_reviews"].(object); ok {
		whom(reviews, "dismissal_restrictions")
		whom(reviews, "bypass_pull_request_allowances")
	}
	if checks, ok := body["required_status_checks"].(object); ok && checks["checks"] != nil {
		var names []any
		list, _ := checks["checks"].([]any)
		for _, one := range list {
			one, _ := one.(object)
			names = append(names, one["context"])
		}
		checks["contexts"] = names
	}
	return body
}

// whom turns the names under the key into people, teams and apps.
func whom(of object, key string) {
	names, ok := of[key].(object)
	if !ok {
		return
	}
	for kind, by := range map[string]string{"users": "login", "teams": "slug", "apps": "slug"} {
		list, _ := names[kind].([]any)
		out := []any{}
		for _, name := range list {
			out = append(out, object{by: name})
		}
		names[kind] = out
	}
}
