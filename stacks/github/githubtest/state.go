package githubtest

import "maps"

// SignIn makes the token a person's; a workflow's stands for nobody.
func (s *Server) SignIn(login string) { s.with(func() { s.login = login }) }

// with runs f under the lock, so that tests may look while requests run.
func (s *Server) with(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Say adds a comment of somebody to a pull request.
func (s *Server) Say(pull int, login, text string) { s.with(func() { s.comment(pull, login, text) }) }

// Comments are a pull request's comments, as "login: text".
func (s *Server) Comments(pull int) (out []string) {
	s.with(func() {
		for _, c := range s.comments[pull] {
			out = append(out, c["user"].(object)["login"].(string)+": "+c["body"].(string))
		}
	})
	return out
}

// Open opens a pull request of somebody from a new branch and returns its
// number and the commit at its head.
func (s *Server) Open(login, branch, title string) (n int, head string) {
	s.with(func() {
		head = "c0"
		s.refs["heads/"+branch] = head
		n = s.pull(login, branch, object{"title": title, "body": ""})["number"].(int)
	})
	return n, head
}

// Review adds a review.
func (s *Server) Review(pull int, login, state, commit string) {
	s.with(func() { s.review(pull, login, state, commit) })
}

// Merge says that the pull request was merged.
func (s *Server) Merge(pull int) {
	s.with(func() {
		maps.Copy(s.pulls[pull-1], object{"merged": true, "merged_at": "2026-05-01T12:00:00Z", "state": "closed"})
	})
}

// Decline closes the pull request, as a person does who does not want it.
func (s *Server) Decline(pull int) { s.with(func() { s.pulls[pull-1]["state"] = "closed" }) }

// OpenPulls are the numbers of the pull requests that are open.
func (s *Server) OpenPulls() []int {
	out := []int{}
	s.with(func() {
		for i, p := range s.pulls {
			if p["state"] == "open" {
				out = append(out, i+1)
			}
		}
	})
	return out
}

// Pulls are the titles of the pull requests, and Body one's text.
func (s *Server) Pulls() (out []string) {
	s.with(func() {
		for _, p := range s.pulls {
			out = append(out, p["title"].(string))
		}
	})
	return out
}

// Body is a pull request's text.
func (s *Server) Body(pull int) (out string) {
	s.with(func() { out, _ = s.pulls[pull-1]["body"].(string) })
	return out
}

// Files are those of a branch.
func (s *Server) Files(branch string) (out map[string]string) {
	s.with(func() { out = maps.Clone(s.trees[s.treeOf(s.refs["heads/"+branch])]) })
	return out
}

// Advance puts a commit on a branch, as somebody else's merge does.
func (s *Server) Advance(branch string) {
	s.with(func() {
		at := s.refs["heads/"+branch]
		s.commits["next-"+at] = object{"sha": "next-" + at, "tree": object{"sha": s.treeOf(at)},
			"parents": []any{object{"sha": at}}}
		s.refs["heads/"+branch] = "next-" + at
	})
}

// Runs are the check runs, as GitHub has them.
func (s *Server) Runs() (out []map[string]any) {
	s.with(func() {
		for _, r := range s.runs {
			out = append(out, maps.Clone(r))
		}
	})
	return out
}

// Dispatched are the inputs of the workflows that were asked to run.
func (s *Server) Dispatched() (out []map[string]any) {
	s.with(func() { out = append(out, s.dispatched...) })
	return out
}

// Issues are the bodies of the issues by title.
func (s *Server) Issues() map[string]string {
	out := map[string]string{}
	s.with(func() {
		for _, i := range s.issues {
			out[i["title"].(string)], _ = i["body"].(string)
		}
	})
	return out
}

// OpenIssues are the numbers of the issues that are open.
func (s *Server) OpenIssues() []int {
	out := []int{}
	s.with(func() {
		for i, one := range s.issues {
			if one["state"] == "open" {
				out = append(out, i+1)
			}
		}
	})
	return out
}

// Guard protects a branch as if somebody had done so by hand.
func (s *Server) Guard(branch string, approvals int, checks ...string) {
	s.with(func() {
		s.protection[branch] = object{
			"required_status_checks":        object{"strict": true, "contexts": checks},
			"required_pull_request_reviews": object{"required_approving_review_count": approvals},
			"enforce_admins":                object{"enabled": false},
		}
	})
}

// Protect protects a branch by what somebody else asks of GitHub.
func (s *Server) Protect(branch string, asked map[string]any) {
	s.with(func() { s.protection[branch] = protection(asked) })
}

// Protection is what GitHub answers about a branch.
func (s *Server) Protection(branch string) (out map[string]any) {
	s.with(func() { out = s.protection[branch] })
	return out
}

// Deploy makes an environment by what somebody else asks of GitHub.
func (s *Server) Deploy(name string, asked map[string]any) {
	s.with(func() { s.environments[name] = environment(name, asked) })
}

// Environment is what GitHub answers about an environment.
func (s *Server) Environment(name string) (out map[string]any) {
	s.with(func() { out = s.environments[name] })
	return out
}

// Head is the commit at a branch's head.
func (s *Server) Head(branch string) (out string) {
	s.with(func() { out = s.refs["heads/"+branch] })
	return out
}

// Asked is how many requests there were.
func (s *Server) Asked() (n int) {
	s.with(func() { n = s.asked })
	return n
}

// Hold puts files into the commit at a branch's head.
func (s *Server) Hold(branch string, files map[string]string) {
	s.with(func() { maps.Copy(s.trees[s.treeOf(s.refs["heads/"+branch])], files) })
}
