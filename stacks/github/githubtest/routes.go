package githubtest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// route is the list that a route is added to.
func (s *Server) route() {
	s.routes = http.NewServeMux()
	s.routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/repos/") && !strings.HasPrefix(r.URL.Path, "/repos/acme/shop/") {
			fail(w, http.StatusNotFound, "Not Found")
			return
		}
		fail(w, http.StatusNotImplemented, "the double does not know "+r.Method+" "+r.URL.Path)
	})
	s.people()
	s.talk()
	s.checks()
	s.settings()
	s.ofEnvironment()
	s.git()
	s.contents()
	s.pullRequests()
	s.handle("POST /actions/workflows/{file}/dispatches", func(r *http.Request, body object) reply {
		if r.PathValue("file") != "ashlar-retrain.yml" {
			return refuse(404, "Not Found")
		}
		s.dispatched = append(s.dispatched, body)
		return reply{204, nil}
	})
}

// user is somebody; the id is derived from the name, so that it is always the same.
func user(login string) object {
	kind, id := "User", int64(0)
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	for _, c := range login {
		id = id*31 + int64(c)
	}
	return object{"login": login, "type": kind, "id": id}
}

// people are users, teams and memberships; the user nobody does not exist.
func (s *Server) people() {
	s.handle("GET //user", func(*http.Request, object) reply {
		if s.login == "" {
			return refuse(403, "Resource not accessible by integration")
		}
		return ok(user(s.login))
	})
	s.handle("GET //users/{login}", func(r *http.Request, _ object) reply {
		if r.PathValue("login") == "nobody" {
			return refuse(404, "Not Found")
		}
		return ok(user(r.PathValue("login")))
	})
	s.handle("GET //orgs/acme/teams/{team}", func(r *http.Request, _ object) reply {
		if r.PathValue("team") != "risk" {
			return refuse(404, "Not Found")
		}
		return ok(object{"id": 77, "slug": "risk"})
	})
	s.handle("GET //orgs/acme/teams/{team}/memberships/{login}", func(r *http.Request, _ object) reply {
		if r.PathValue("team") != "risk" || r.PathValue("login") != "grace" {
			return refuse(404, "Not Found")
		}
		return ok(object{"state": "active"})
	})
}

// talk are comments and issues.
func (s *Server) talk() {
	s.handle("GET /issues/{n}/comments",
		func(r *http.Request, _ object) reply { return ok(s.comments[number(r, "n")]) })
	s.handle("POST /issues/{n}/comments", func(r *http.Request, body object) reply {
		text, _ := body["body"].(string)
		if len([]rune(text)) > 65536 {
			return refuse(422, "Validation Failed")
		}
		return reply{201, s.comment(number(r, "n"), s.author(), text)}
	})
	s.handle("PATCH /issues/comments/{id}", func(r *http.Request, body object) reply {
		if c := s.commentByID(int64(number(r, "id"))); c != nil {
			c["body"] = body["body"]
			return ok(c)
		}
		return refuse(404, "Not Found")
	})
	s.handle("DELETE /issues/comments/{id}", func(r *http.Request, _ object) reply {
		id := int64(number(r, "id"))
		for n := range s.comments {
			s.comments[n] = slices.DeleteFunc(s.comments[n], func(c object) bool { return c["id"] == id })
		}
		return reply{204, nil}
	})
	s.handle("GET /issues", func(r *http.Request, _ object) reply {
		state := r.URL.Query().Get("state")
		list := slices.DeleteFunc(slices.Clone(s.issues), func(i object) bool { return i["state"] != state })
		return ok(append([]object{}, list...))
	})
	s.handle("POST /issues", func(_ *http.Request, body object) reply {
		if text, _ := body["body"].(string); len([]rune(text)) > 65536 {
			return refuse(422, "Validation Failed")
		}
		body["number"], body["state"], body["user"] = len(s.issues)+1, "open", user(s.author())
		s.issues = append(s.issues, body)
		return reply{201, body}
	})
	s.handle("PATCH /issues/{n}", func(r *http.Request, body object) reply {
		maps.Copy(s.issues[number(r, "n")-1], body)
		return ok(s.issues[number(r, "n")-1])
	})
}

func (s *Server) author() string {
	if s.login == "" {
		return "github-actions[bot]"
	}
	return s.login
}

func (s *Server) comment(n int, login, text string) object {
	c := object{"id": s.id(), "body": text, "user": user(login),
		"html_url": fmt.Sprintf("https://github.test/acme/shop/pull/%d#c%d", n, s.last)}
	s.comments[n] = append(s.comments[n], c)
	return c
}

func (s *Server) commentByID(id int64) object {
	for _, list := range s.comments {
		for _, c := range list {
			if c["id"] == id {
				return c
			}
		}
	}
	return nil
}

func (s *Server) checks() {
	s.handle("GET /commits/{sha}/check-runs", func(r *http.Request, _ object) reply {
		var out []object
		for _, run := range s.runs {
			if run["head_sha"] == r.PathValue("sha") &&
				(r.URL.Query().Get("check_name") == "" || run["name"] == r.URL.Query().Get("check_name")) {
				out = append(out, run)
			}
		}
		return ok(paged{"check_runs", out})
	})
	s.handle("POST /check-runs", func(_ *http.Request, body object) reply {
		body["id"] = s.id()
		body["annotations"] = annotations(body)
		if len(body["annotations"].([]any)) > 50 {
			return refuse(422, "Invalid request: no more than 50 items are allowed")
		}
		s.runs = append(s.runs, body)
		return reply{201, body}
	})
	s.handle("PATCH /check-runs/{id}", func(r *http.Request, body object) reply {
		for _, run := range s.runs {
			if run["id"] == int64(number(r, "id")) {
				more := annotations(body)
				if len(more) > 50 {
					return refuse(422, "Invalid request: no more than 50 items are allowed")
				}
				delete(body, "output")
				run["annotations"] = append(run["annotations"].([]any), more...)
				maps.Copy(run, body)
				return ok(run)
			}
		}
		return refuse(404, "Not Found")
	})
}

func annotations(body object) []any {
	out, _ := body["output"].(object)
	list, _ := out["annotations"].([]any)
	return list
}

// ofEnvironment are the variables of environments, which GitHub finds by the
// repository's number.
func (s *Server) ofEnvironment() {
	s.handle("GET ", func(*http.Request, object) reply { return ok(object{"id": 4711, "name": "shop"}) })
	const own = "//repositories/4711/environments/{env}/variables"
	s.handle("GET "+own, func(r *http.Request, _ object) reply {
		if _, there := s.environments[r.PathValue("env")]; !there {
			return refuse(404, "Not Found")
		}
		return ok(paged{"variables", s.ofEnvironments[r.PathValue("env")]})
	})
	s.handle("POST "+own, func(r *http.Request, body object) reply {
		s.ofEnvironments[r.PathValue("env")] = append(s.ofEnvironments[r.PathValue("env")], body)
		return reply{201, object{}}
	})
	s.handle("PATCH "+own+"/{name}", func(r *http.Request, body object) reply {
		for _, v := range s.ofEnvironments[r.PathValue("env")] {
			if v["name"] == r.PathValue("name") {
				v["value"] = body["value"]
				return reply{204, nil}
			}
		}
		return refuse(404, "Not Found")
	})
}

// git is Git's database.
func (s *Server) git() {
	s.handle("GET /git/ref/{ref...}", func(r *http.Request, _ object) reply {
		if sha, there := s.refs[r.PathValue("ref")]; there {
			return ok(object{"ref": "refs/" + r.PathValue("ref"), "object": object{"sha": sha}})
		}
		return refuse(404, "Not Found")
	})
	s.handle("POST /git/refs", func(_ *http.Request, body object) reply {
		name := strings.TrimPrefix(fmt.Sprint(body["ref"]), "refs/")
		if _, there := s.refs[name]; there {
			return refuse(422, "Reference already exists")
		}
		s.refs[name] = fmt.Sprint(body["sha"])
		return reply{201, object{"ref": body["ref"], "object": object{"sha": body["sha"]}}}
	})
	s.handle("DELETE /git/refs/{ref...}", func(r *http.Request, _ object) reply {
		if _, there := s.refs[r.PathValue("ref")]; !there {
			return refuse(422, "Reference does not exist")
		}
		delete(s.refs, r.PathValue("ref"))
		return reply{204, nil}
	})
	s.handle("PATCH /git/refs/{ref...}", func(r *http.Request, body object) reply {
		s.refs[r.PathValue("ref")] = fmt.Sprint(body["sha"])
		return ok(object{"ref": "refs/" + r.PathValue("ref"), "object": object{"sha": body["sha"]}})
	})
	s.handle("GET /git/commits/{sha}", func(r *http.Request, _ object) reply {
		if c, there := s.commits[r.PathValue("sha")]; there {
			return ok(c)
		}
		return refuse(404, "Not Found")
	})
	s.handle("POST /git/trees", func(_ *http.Request, body object) reply {
		tree := maps.Clone(s.trees[fmt.Sprint(body["base_tree"])])
		list, _ := body["tree"].([]any)
		for _, one := range list {
			e, _ := one.(object)
			tree[fmt.Sprint(e["path"])] = fmt.Sprint(e["content"])
		}
		sha := fmt.Sprintf("t%d", s.id())
		s.trees[sha] = tree
		return reply{201, object{"sha": sha}}
	})
	s.handle("POST /git/commits", func(_ *http.Request, body object) reply {
		sha := fmt.Sprintf("c%d", s.id())
		var parents []any
		list, _ := body["parents"].([]any)
		for _, p := range list {
			parents = append(parents, object{"sha": p})
		}
		s.commits[sha] = object{"sha": sha, "tree": object{"sha": body["tree"]}, "parents": parents,
			"message": body["message"]}
		return reply{201, s.commits[sha]}
	})
}

// contents are files of branches.
func (s *Server) contents() {
	s.handle("GET /contents/{path...}", func(r *http.Request, _ object) reply {
		text, there := s.file(r.URL.Query().Get("ref"), r.PathValue("path"))
		if !there {
			return refuse(404, "Not Found")
		}
		return ok(object{"type": "file", "encoding": "base64",
			"content": base64.StdEncoding.EncodeToString([]byte(text))})
	})
	s.handle("PUT /contents/{path...}", func(r *http.Request, body object) reply {
		text, err := base64.StdEncoding.DecodeString(fmt.Sprint(body["content"]))
		if _, guarded := s.protection[fmt.Sprint(body["branch"])]; guarded || err != nil {
			return refuse(409, "Repository rule violations found: changes must be made through a pull request")
		}
		tree := maps.Clone(s.trees[s.treeOf(s.refs["heads/"+fmt.Sprint(body["branch"])])])
		tree[r.PathValue("path")] = string(text)
		sha := fmt.Sprintf("t%d", s.id())
		s.trees[sha] = tree
		commit := fmt.Sprintf("c%d", s.id())
		s.commits[commit] = object{"sha": commit, "tree": object{"sha": sha}, "parents": []any{}}
		s.refs["heads/"+fmt.Sprint(body["branch"])] = commit
		return reply{201, object{}}
	})
}

func (s *Server) treeOf(commit string) string {
	tree, _ := s.commits[commit]["tree"].(object)
	return fmt.Sprint(tree["sha"])
}

// file is a file's text at a branch or commit.
func (s *Server) file(ref, path string) (string, bool) {
	if sha, branch := s.refs["heads/"+ref]; branch {
		ref = sha
	}
	text, there := s.trees[s.treeOf(ref)][path]
	return text, there
}

func (s *Server) pullRequests() {
	s.handle("GET /pulls", func(r *http.Request, _ object) reply {
		var out []object
		q := r.URL.Query()
		for _, p := range s.pulls {
			if "acme:"+fmt.Sprint(p["branch"]) == q.Get("head") && (p["state"] == q.Get("state") || q.Get("state") == "all") {
				out = append(out, p)
			}
		}
		if q.Get("direction") == "desc" {
			slices.Reverse(out)
		}
		return ok(out)
	})
	s.handle("POST /pulls", func(_ *http.Request, body object) reply {
		branch := fmt.Sprint(body["head"])
		for _, p := range s.pulls {
			if p["branch"] == branch && p["state"] == "open" {
				return refuse(422, "A pull request already exists for acme:"+branch)
			}
		}
		return reply{201, s.pull(s.author(), branch, body)}
	})
	s.handle("GET /pulls/{n}", func(r *http.Request, _ object) reply {
		if n := number(r, "n"); n >= 1 && n <= len(s.pulls) {
			return ok(s.pulls[n-1])
		}
		return refuse(404, "Not Found")
	})
	s.handle("PATCH /pulls/{n}", func(r *http.Request, body object) reply {
		maps.Copy(s.pulls[number(r, "n")-1], body)
		return ok(s.pulls[number(r, "n")-1])
	})
	s.handle("GET /pulls/{n}/reviews", func(r *http.Request, _ object) reply { return ok(s.reviews[number(r, "n")]) })
}

func (s *Server) pull(login, branch string, body object) object {
	n := len(s.pulls) + 1
	p := object{"number": n, "state": "open", "merged": false, "branch": branch, "user": user(login),
		"title": body["title"], "body": body["body"],
		"html_url": fmt.Sprintf("https://github.test/acme/shop/pull/%d", n),
		"head":     object{"sha": s.refs["heads/"+branch], "ref": branch}}
	s.pulls = append(s.pulls, p)
	return p
}

func (s *Server) review(n int, login, state, commit string) {
	s.reviews[n] = append(s.reviews[n], object{"id": s.id(), "user": user(login), "state": state, "commit_id": commit,
		"submitted_at": time.Date(2026, 5, 1, 12, 0, int(s.last%60), 0, time.UTC).Format(time.RFC3339),
		"html_url":     fmt.Sprintf("https://github.test/acme/shop/pull/%d#r%d", n, s.last)})
}
