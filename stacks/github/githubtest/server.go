// Package githubtest is a double of GitHub's REST API for tests: it keeps what
// it is told, pages its lists, refuses what GitHub refuses, and misbehaves on
// demand. It speaks the routes that package github uses and answers 501 to any
// other, so that a test cannot pass by a route that is not there.
package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// object is a JSON object as GitHub has it.
type object = map[string]any

// Server is one repository, acme/shop, whose token is Token.
type Server struct {
	*httptest.Server

	// mu guards everything below and is held while a route answers.
	mu       sync.Mutex
	routes   *http.ServeMux
	troubles []Trouble
	requests []string
	asked    int
	last     int64 // id

	login        string // of the token; "" for a workflow's
	comments     map[int][]object
	runs         []object
	variables    []object
	environments map[string]object
	// ofEnvironments are variables by the environment that has them.
	ofEnvironments map[string][]object
	protection     map[string]object
	refs           map[string]string
	commits        map[string]object
	trees          map[string]map[string]string
	pulls          []object
	reviews        map[int][]object
	issues         []object
	dispatched     []object
}

// Token is the only one that the server takes.
const Token = "ghs_secretsecretsecret"

// Trouble is how the next request goes wrong.
type Trouble struct {
	Method, Path string // of the request, a part of it; "" is any
	Status       int
	Header       map[string]string
	Body         string
	Done         bool          // it is carried out all the same, and the answer lost
	Delay        time.Duration // before anything
	Broken       bool          // the connection ends without an answer
}

// New starts a server, which ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		login: "", comments: map[int][]object{}, environments: map[string]object{},
		ofEnvironments: map[string][]object{}, protection: map[string]object{},
		refs: map[string]string{}, commits: map[string]object{}, trees: map[string]map[string]string{},
		reviews: map[int][]object{}, last: 1000,
	}
	s.trees["t0"] = map[string]string{"README.md": "hello\n"}
	s.commits["c0"] = object{"sha": "c0", "tree": object{"sha": "t0"}, "parents": []any{}}
	s.refs["heads/main"] = "c0"
	s.route()
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// Misbehave makes requests go wrong, each trouble once, in the order in which
// requests fit them.
func (s *Server) Misbehave(list ...Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles = append(s.troubles, list...)
}

// Left is how many troubles nobody has met yet.
func (s *Server) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.troubles)
}

// Changes are the requests that were not GETs, as "METHOD path", and forgets them.
func (s *Server) Changes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.requests
	s.requests = nil
	return out
}

// ServeHTTP answers one request at a time.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	trouble := s.trouble(r)
	s.asked++
	if r.Method != http.MethodGet {
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	}
	s.mu.Unlock()
	if trouble == nil {
		s.answer(w, r)
		return
	}
	time.Sleep(trouble.Delay)
	if trouble.Done {
		s.answer(httptest.NewRecorder(), r)
	}
	switch {
	case trouble.Broken:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	case trouble.Status == 0:
		s.answer(w, r)
		return
	}
	for name, value := range trouble.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(trouble.Status)
	_, _ = io.WriteString(w, trouble.Body)
}

// trouble takes out the first trouble that fits the request; nil is none.
func (s *Server) trouble(r *http.Request) *Trouble {
	for i, t := range s.troubles {
		if (t.Method == "" || t.Method == r.Method) && strings.Contains(r.URL.Path, t.Path) {
			s.troubles = append(s.troubles[:i:i], s.troubles[i+1:]...)
			return &t
		}
	}
	return nil
}

// answer routes one request, if it is signed in.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+Token {
		fail(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes.ServeHTTP(w, r)
}

// reply is what a route answers: a status and a body.
type reply struct {
	status int
	body   any
}

// ok is a success with a body.
func ok(body any) reply { return reply{http.StatusOK, body} }

// refuse is an error as GitHub words it.
func refuse(status int, message string) reply { return reply{status, object{"message": message}} }

// fail writes an error outside of any route.
func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"message": message})
}

// handle adds a route below the repository, or below the root where the path
// begins with two slashes.
// Lists are paged here, so that no route can forget it.
func (s *Server) handle(pattern string, f func(r *http.Request, body object) reply) {
	method, path, _ := strings.Cut(pattern, " ")
	if root, ok := strings.CutPrefix(path, "//"); ok {
		path = "/" + root
	} else {
		path = "/repos/acme/shop" + path
	}
	s.routes.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
		var body object
		if text, err := io.ReadAll(r.Body); err != nil || len(text) > 0 && json.Unmarshal(text, &body) != nil {
			fail(w, http.StatusBadRequest, "Problems parsing JSON")
			return
		}
		a := f(r, body)
		if list, ok := a.body.([]object); ok {
			a.body = page(w, r, list)
		}
		if named, ok := a.body.(paged); ok {
			a.body = object{"total_count": len(named.list), named.name: page(w, r, named.list)}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		if a.body != nil {
			_ = json.NewEncoder(w).Encode(a.body)
		}
	})
}

// paged is a list inside an object.
type paged struct {
	name string
	list []object
}

// most is how many entries a page has at most: fewer than GitHub's 100, so that
// tests need not make hundreds to see a second page.
const most = 3

// page is one page of a list. It sets the Link header of RFC 8288 while more follow, by
// which clients find the next.
func page(w http.ResponseWriter, r *http.Request, list []object) []object {
	at, _ := strconv.Atoi(r.URL.Query().Get("page"))
	at = max(at, 1)
	from, to := min((at-1)*most, len(list)), min(at*most, len(list))
	if to < len(list) {
		next := *r.URL
		q := next.Query()
		q.Set("page", strconv.Itoa(at+1))
		next.RawQuery = q.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s>; rel="next"`, r.Host, next.String()))
	}
	return append([]object{}, list[from:to]...)
}

// id is a new id; the lock is held.
func (s *Server) id() int64 {
	s.last++
	return s.last
}

// number is a number in the request's path; 0 where it is none.
func number(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.PathValue(name))
	return n
}
