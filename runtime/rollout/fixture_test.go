package rollout

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// apiServer keeps one Rollout as an API server does, and moves it as Argo Rollouts does:
// another template is a new revision that begins with the first step, and goes back to
// the stable one at once. It misbehaves where a test says so.
type apiServer struct {
	*httptest.Server
	dir string // with the account's files

	mu                 sync.Mutex
	generation         int
	observed           int
	digest, within     string
	stable             string // template
	step               int
	paused, abort      bool
	full               bool // it was promoted fully at some time
	message            string
	fail               int // answers so many requests with 500
	patches            []string
	seenToken, seenURL []string
}

const steps = `[{"setWeight": 20}, {"pause": {"duration": "60s"}}, {"setWeight": 50}, {"pause": {}},
	{"analysis": {"templates": [{"templateName": "scoring-passed"}]}}]`

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{generation: 1, observed: 1, dir: t.TempDir()}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for name, text := range map[string]string{"ca.crt": string(cert), "namespace": "team-a\n", "token": "first\n"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *apiServer) cluster(t *testing.T) *Cluster {
	t.Helper()
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := InCluster(func(key string) string {
		return map[string]string{"KUBERNETES_SERVICE_HOST": at.Hostname(), "KUBERNETES_SERVICE_PORT": at.Port()}[key]
	}, s.dir, Rollout)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *apiServer) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seenToken, s.seenURL = append(s.seenToken, r.Header.Get("Authorization")), append(s.seenURL, r.URL.String())
	const at = "/apis/argoproj.io/v1alpha1/namespaces/team-a/rollouts/scoring"
	switch {
	case s.fail > 0:
		s.fail--
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"kind": "Status", "message": "etcdserver: leader changed"}`)
	case r.Method == http.MethodGet && r.URL.Path == at:
		fmt.Fprint(w, s.object())
	case r.Method == http.MethodPatch && r.URL.Path == at && r.Header.Get("Content-Type") == "application/merge-patch+json":
		s.patch(w, r)
	case r.Method == http.MethodPatch && r.URL.Path == at+"/status":
		s.steer(w, r)
	default:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"kind": "Status", "message": "%s %s is forbidden"}`, r.Method, r.URL.Path)
	}
}

func (s *apiServer) patch(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.patches = append(s.patches, string(body))
	notes := o.Spec.Template.Metadata.Annotations
	s.digest, s.within, s.generation = notes[Annotation], notes[WithinAnnotation], s.generation+1
	fmt.Fprint(w, s.object())
}

func (s *apiServer) steer(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Status map[string]any `json:"status"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if asked.Status["abort"] == true {
		s.abort, s.message = true, "RolloutAborted: Rollout aborted update to revision 2"
	}
	if at, ok := asked.Status["currentStepIndex"].(float64); ok {
		s.step = int(at)
	} else if _, ok := asked.Status["pauseConditions"]; ok && s.paused {
		s.paused, s.step = false, s.step+1
	}
	if asked.Status["promoteFull"] == true {
		s.full = true
		s.finish()
	}
	fmt.Fprint(w, s.object())
}

// tick is the controller: it sees what is wanted, and with n goes on to that step.
func (s *apiServer) tick(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.observed != s.generation {
		s.observed, s.step, s.paused, s.abort, s.message = s.generation, 0, false, false, ""
		if s.template() == s.stable {
			s.finish()
			return
		}
	}
	if s.template() != s.stable {
		s.step = n
		s.paused = n == 3
	}
	if s.step >= 5 {
		s.finish()
	}
}

func (s *apiServer) finish() {
	s.stable, s.step, s.paused, s.abort, s.message = s.template(), 5, false, false, ""
}

// failing is what an analysis does that fails.
func (s *apiServer) failing(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abort, s.message = true, message
}

func (s *apiServer) object() string {
	phase := "Progressing"
	switch {
	case s.abort:
		phase = "Degraded"
	case s.paused:
		phase = "Paused"
	case s.template() == s.stable:
		phase = "Healthy"
	}
	notes := ""
	if s.digest != "" {
		notes = strconv.Quote(Annotation) + ": " + strconv.Quote(s.digest)
	}
	if s.within != "" {
		notes += ", " + strconv.Quote(WithinAnnotation) + ": " + strconv.Quote(s.within)
	}
	return fmt.Sprintf(`{"metadata": {"generation": %d}, "spec": {"template": {"metadata": {"annotations": {%s}}},
		"strategy": {"canary": {"steps": %s}}}, "status": {"observedGeneration": %q, "phase": %q, "message": %q,
		"abort": %t, "currentStepIndex": %d}}`, s.generation, notes, steps, strconv.Itoa(s.observed), phase, s.message,
		s.abort, s.step)
}

// template is what makes a revision.
func (s *apiServer) template() string { return s.digest + s.within }

func (s *apiServer) assigned() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimSpace(s.digest)
}
