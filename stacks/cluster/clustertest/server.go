// Package clustertest is a double of a Kubernetes API server for tests: discovery,
// objects, lists in pages, and dry runs of a server-side apply, which add what the applied
// object sets to what is there. It has no defaults, schemas or field managers: tests on
// the real cluster are for those.
package clustertest

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Token is the only one that the server takes.
const Token = "token-of-a-test"

// Server is the double. Change its fields before it is asked, or by Put.
type Server struct {
	*httptest.Server
	Forbid  []string          // "METHOD plural", such as "PATCH deployments"; "PATCH" is all of them
	Refuse  map[string]string // messages of dry runs that fail, by the object's name
	Page    int               // objects in one answer of a list; 0: all
	mu      sync.Mutex
	objects map[string]map[string]any // by path
	changed []string                  // requests that were no GETs
	asked   []string                  // values of Accept
}

// kinds are those that the server has: by group and version, name to kind. Those that
// begin with "!" are of the cluster.
var kinds = map[string]map[string]string{
	"v1": {"!namespaces": "Namespace", "pods": "Pod", "secrets": "Secret", "configmaps": "ConfigMap",
		"serviceaccounts": "ServiceAccount", "services": "Service", "persistentvolumeclaims": "PersistentVolumeClaim"},
	"apps/v1": {"deployments": "Deployment", "deployments/status": "Deployment", "replicasets": "ReplicaSet",
		"statefulsets": "StatefulSet", "daemonsets": "DaemonSet"},
	"batch/v1":             {"jobs": "Job", "cronjobs": "CronJob"},
	"networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy", "ingresses": "Ingress"},
	"rbac.authorization.k8s.io/v1": {"roles": "Role", "rolebindings": "RoleBinding",
		"!clusterrolebindings": "ClusterRoleBinding"},
}

// New starts a server, which ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]map[string]any{}, Refuse: map[string]string{}}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	return s
}

// Kubeconfig is the text of one whose only context has the name.
func (s *Server) Kubeconfig(t testing.TB, name string) string {
	t.Helper()
	file := api.NewConfig()
	file.CurrentContext = name
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	file.Clusters["of-"+name] = &api.Cluster{Server: s.URL, CertificateAuthorityData: ca}
	file.AuthInfos["user-of-"+name] = &api.AuthInfo{Token: Token}
	file.Contexts[name] = &api.Context{Cluster: "of-" + name, AuthInfo: "user-of-" + name}
	text, err := clientcmd.Write(*file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Put puts objects there, as JSON.
func (s *Server) Put(t testing.TB, objects ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range objects {
		var o map[string]any
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		path := pathOf(o)
		if path == "" {
			t.Fatalf("the double has no such kind: %s", text)
		}
		s.objects[path] = o
	}
}

// Has reports whether the double can have the object: it knows a few kinds.
func (s *Server) Has(object map[string]any) bool { return pathOf(object) != "" }

// Knows reports whether the double knows the kind.
func (s *Server) Knows(kind string) bool {
	for _, list := range kinds {
		for _, one := range list {
			if one == kind {
				return true
			}
		}
	}
	return false
}

// Changed are the requests that were no GETs.
func (s *Server) Changed() []string { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.changed) }

// Accepted are the forms that were asked for.
func (s *Server) Accepted() []string { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.asked) }

func root(version string) string {
	if strings.Contains(version, "/") {
		return "/apis/" + version
	}
	return "/api/" + version
}

// pathOf is where an object is; "" where there is no such kind.
func pathOf(o map[string]any) string {
	version, _ := o["apiVersion"].(string)
	meta, _ := o["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	namespace, _ := meta["namespace"].(string)
	for plural, kind := range kinds[version] {
		switch {
		case kind != o["kind"] || strings.Contains(plural, "/"):
		case plural[0] == '!':
			return root(version) + "/" + plural[1:] + "/" + name
		default:
			return root(version) + "/namespaces/" + namespace + "/" + plural + "/" + name
		}
	}
	return ""
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Header.Get("Accept"))
	status, body := s.answer(r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func failure(status int, message string) (int, any) {
	return status, map[string]any{"kind": "Status", "message": message}
}

func (s *Server) answer(r *http.Request) (int, any) {
	if r.Header.Get("Authorization") != "Bearer "+Token {
		return failure(http.StatusUnauthorized, "Unauthorized")
	}
	for version, list := range kinds {
		if r.URL.Path == root(version) {
			return http.StatusOK, map[string]any{"resources": resources(list)}
		}
	}
	plural := pluralOf(r.URL.Path)
	if slices.Contains(s.Forbid, r.Method) || slices.Contains(s.Forbid, r.Method+" "+plural) {
		return failure(http.StatusForbidden, "forbidden")
	}
	object := s.objects[r.URL.Path]
	switch {
	case r.Method == http.MethodPatch:
		return s.apply(r, object)
	case r.Method != http.MethodGet:
		s.changed = append(s.changed, r.Method+" "+r.URL.Path)
		return failure(http.StatusMethodNotAllowed, "nothing may be changed")
	case object != nil:
		return http.StatusOK, object
	case known(plural, r.URL.Path):
		return http.StatusOK, s.list(r)
	}
	return failure(http.StatusNotFound, "not found")
}

// pluralOf is the part of a path that names the kind.
func pluralOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for _, list := range kinds {
		for plural := range list {
			if name := strings.TrimPrefix(plural, "!"); slices.Contains(parts[1:], name) && name != "namespaces" {
				return name
			}
		}
	}
	return "namespaces"
}

func known(plural, path string) bool { return strings.HasSuffix(path, "/"+plural) }

func resources(list map[string]string) []any {
	var out []any
	for _, plural := range slices.Sorted(maps.Keys(list)) {
		out = append(out, map[string]any{"name": strings.TrimPrefix(plural, "!"), "kind": list[plural],
			"namespaced": plural[0] != '!'})
	}
	return out
}

// list is a page of what is below the path.
func (s *Server) list(r *http.Request) any {
	metadata := strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList")
	var items []any
	for _, path := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(path, r.URL.Path+"/") {
			continue
		}
		item := maps.Clone(s.objects[path])
		if metadata {
			item = map[string]any{"metadata": item["metadata"]}
		}
		delete(item, "kind") // lists leave both out
		delete(item, "apiVersion")
		items = append(items, item)
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	next := ""
	if end := from + s.Page; s.Page > 0 && end < len(items) {
		items, next = items[from:end], strconv.Itoa(end)
	} else {
		items = items[min(from, len(items)):]
	}
	return map[string]any{"metadata": map[string]any{"continue": next}, "items": items}
}

// apply is a dry run of a server-side apply; anything else would be a change.
func (s *Server) apply(r *http.Request, live map[string]any) (int, any) {
	q := r.URL.Query()
	if q.Get("dryRun") != "All" || q.Get("force") != "true" || q.Get("fieldManager") == "" ||
		r.Header.Get("Content-Type") != "application/apply-patch+yaml" {
		s.changed = append(s.changed, "PATCH "+r.URL.String())
		return failure(http.StatusMethodNotAllowed, "nothing may be changed")
	}
	var object map[string]any
	text, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err := errors.Join(err, json.Unmarshal(text, &object)); err != nil {
		return failure(http.StatusBadRequest, err.Error())
	}
	if message := s.Refuse[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]; message != "" {
		return failure(http.StatusUnprocessableEntity, message)
	}
	return http.StatusOK, merged(live, object)
}

// merged is a with the members of b; lists are b's.
func merged(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]any{}
	}
	for key, v := range b {
		one, isMap := v.(map[string]any)
		other, wasMap := out[key].(map[string]any)
		if isMap && wasMap {
			v = merged(other, one)
		}
		out[key] = v
	}
	return out
}
