package cluster

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// kubeconfig has a context for each of the servers, by name.
func kubeconfig(t *testing.T, current string, servers map[string]*httptest.Server) string {
	t.Helper()
	file := api.NewConfig()
	file.CurrentContext = current
	for name, s := range servers {
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		file.Clusters["of-"+name] = &api.Cluster{Server: s.URL, CertificateAuthorityData: ca}
		file.AuthInfos[name] = &api.AuthInfo{Token: "token-of-" + name}
		file.Contexts[name] = &api.Context{Cluster: "of-" + name, AuthInfo: name}
	}
	text, err := clientcmd.Write(*file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// server answers each path with a status and a body.
func server(t *testing.T, answers map[string]string) *httptest.Server {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Path]
		status := http.StatusOK
		if !ok {
			status = http.StatusNotFound
		}
		if code, rest, is := strings.Cut(answer, "!"); is {
			_, _ = fmt.Sscan(code, &status)
			answer = rest
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer token-of-") {
			status = http.StatusUnauthorized
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return s
}

// own writes the kubeconfig where the user's is looked for.
func own(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", file)
}

func TestTheClusterIsTheOneThatIsNamed(t *testing.T) {
	a, b := server(t, nil), server(t, nil)
	own(t, kubeconfig(t, "admin", map[string]*httptest.Server{"dev": a, "prod": b, "admin": b}))
	for name, c := range map[string]struct {
		target  Target
		context string
		refuses string
	}{
		"by its context":                 {Target{Context: "dev"}, "dev", ""},
		"by its server":                  {Target{Server: a.URL + "/"}, "dev", ""},
		"by both":                        {Target{Context: "prod", Server: b.URL}, "prod", ""},
		"the current of two":             {Target{Server: b.URL}, "admin", ""},
		"not at all":                     {Target{}, "", "pulumi config set context NAME` (admin, dev, prod)"},
		"by a context that is not there": {Target{Context: "pord"}, "", `no context "pord"; it has admin, dev, prod`},
		"by a server that is not there": {Target{Server: "https://other.example.com"}, "",
			"no context of the cluster at https://other"},
		"by two that differ": {Target{Context: "dev", Server: b.URL}, "", "config server names " + b.URL},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Open(c.target)
			if c.refuses != "" {
				if err == nil || !strings.Contains(err.Error(), c.refuses) {
					t.Fatalf("said %v, want %q", err, c.refuses)
				}
				return
			}
			if err != nil || got.Context() != c.context {
				t.Fatalf("chose %v (%v), want %s", got, err, c.context)
			}
		})
	}
	own(t, kubeconfig(t, "", map[string]*httptest.Server{"x": b, "y": b}))
	if _, err := Open(Target{Server: b.URL}); err == nil ||
		!strings.Contains(err.Error(), "the contexts x, y are all") {
		t.Errorf("two contexts of one server: %v", err)
	}
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	if _, err := Open(Target{Context: "dev"}); err == nil || !strings.Contains(err.Error(), "set KUBECONFIG") {
		t.Errorf("without a kubeconfig: %v", err)
	}
}

func TestNamespacesSayWhoseTheyAre(t *testing.T) {
	s := server(t, map[string]string{
		"/api/v1/namespaces/credit": `{"metadata": {"labels": {"ashlar.dev/owner": "lending", "ashlar.dev/tenant": "acme"},
			"annotations": {"ashlar.dev/stack": "acme-credit/dev"}}}`,
		"/api/v1/namespaces/bare":    `{"metadata": {}}`,
		"/api/v1/namespaces/hidden":  "403!{}",
		"/api/v1/namespaces/broken":  "<html>",
		"/api/v1/namespaces/busy":    "503!{}",
		"/apis/argoproj.io/v1alpha1": `{"resources": [{"name": "rollouts", "kind": "Rollout"}, {"name": "rollouts/status", "kind": "Status"}]}`,
		"/api/v1":                    `{"resources": [{"name": "pods", "kind": "Pod"}]}`,
	})
	c, err := Open(Target{Kubeconfig: kubeconfig(t, "it", map[string]*httptest.Server{"it": s})})
	if err != nil {
		t.Fatal(err)
	}
	labels, annotations, found, err := c.Namespace(t.Context(), "credit")
	if err != nil || !found || labels["ashlar.dev/owner"] != "lending" ||
		annotations["ashlar.dev/stack"] != "acme-credit/dev" {
		t.Errorf("credit: %v %v %v %v", labels, annotations, found, err)
	}
	for name, there := range map[string]bool{"bare": true, "nowhere": false} {
		if labels, annotations, found, err := c.Namespace(t.Context(), name); err != nil || found != there ||
			len(labels)+len(annotations) > 0 {
			t.Errorf("%s: %v %v %v %v", name, labels, annotations, found, err)
		}
	}
	for name, want := range map[string]string{"hidden": "does not let its user read",
		"broken": "is it a Kubernetes API server",
		"busy":   "503"} {
		if _, _, _, err := c.Namespace(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for group, want := range map[string][]string{"argoproj.io/v1alpha1": {"Rollout"}, "v1": {"Pod"}, "none/v1": nil} {
		if got, err := c.Kinds(t.Context(), group); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v (%v), want %v", group, got, err, want)
		}
	}
}

func TestAClusterThatDoesNotAnswerIsNamed(t *testing.T) {
	s := server(t, nil)
	c, err := Open(Target{Kubeconfig: kubeconfig(t, "gone", map[string]*httptest.Server{"gone": s})})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, _, _, err := c.Namespace(t.Context(), "x"); err == nil ||
		!strings.Contains(err.Error(), "(context gone) does not answer") {
		t.Errorf("said %v", err)
	}
	text := strings.ReplaceAll(kubeconfig(t, "it",
		map[string]*httptest.Server{"it": server(t, nil)}), "token-of-it", "nobody")
	c, err = Open(Target{Kubeconfig: text})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.Namespace(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "sign in again") {
		t.Errorf("said %v", err)
	}
	for _, bad := range []string{"{", "kind: Config", "current-context: x\ncontexts: []"} {
		if _, err := Open(Target{Kubeconfig: bad}); err == nil {
			t.Errorf("%q is a kubeconfig", bad)
		}
	}
}
