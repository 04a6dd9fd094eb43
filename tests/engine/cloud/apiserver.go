package cloud

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// The environment in which providers find the API servers of the cloud's clusters.
const (
	envServer = "ASHLAR_TEST_CLOUD_SERVER" // the URL that each cluster's begins with
	envCA     = "ASHLAR_TEST_CLOUD_CA"     // of its certificate, PEM in base64
)

// Clusters answers as the API servers of the store's clusters do: which namespaces there
// are, and every kind that the workloads are made of. Each environment's cluster is
// below a path of its own.
func (s *Store) Clusters() *httptest.Server {
	return httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cluster, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		environment := cluster[strings.LastIndex(cluster, "-")+1:]
		answer := any(map[string]any{"resources": s.kinds(environment)})
		if steps := strings.Split(path, "/"); path != "" && len(steps) > 3 ||
			strings.HasPrefix(path, "api/v1/namespaces/") {
			answer = s.object(environment, steps)
		}
		if answer == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(answer) // whoever asked has gone
	}))
}

// object is the one in the environment's cluster that a path names, nil where there is
// none: .../PLURAL/NAME, and below a namespace .../namespaces/NAMESPACE/PLURAL/NAME.
func (s *Store) object(environment string, steps []string) any {
	plural, id := steps[len(steps)-2], steps[len(steps)-1]
	if n := len(steps); n > 5 && steps[n-4] == "namespaces" {
		id = steps[n-3] + "/" + id
	}
	all, err := s.resources(func(place string) bool {
		return strings.HasPrefix(place, environment+"|kubernetes:") && strings.HasSuffix(place, "|"+id)
	})
	if err != nil {
		return nil
	}
	for _, r := range all {
		kind, _ := r.Inputs["kind"].(string)
		if strings.HasPrefix(r.Type, "kubernetes:") && r.ID == id && plurals(kind) == plural &&
			r.cluster() == environment {
			return r.Inputs
		}
	}
	return nil
}

// plurals is how paths name a kind.
func plurals(kind string) string {
	name := strings.ToLower(kind)
	if stem, is := strings.CutSuffix(name, "y"); is {
		return stem + "ies"
	}
	return name + "s"
}

// everyKind are those of a cluster with all that a foundation of ours installs.
var everyKind = []string{"Rollout", "WorkflowTemplate", "CronWorkflow", "PrometheusRule", "ServiceMonitor",
	"TargetGroupBinding", "ValidatingAdmissionPolicy"}

// kinds are those of the clusters, and of what the environment's has, as discovery lists
// them.
func (s *Store) kinds(environment string) (out []map[string]any) {
	all, err := s.lines(bareCluster)
	if err != nil || len(all) == 0 {
		all = everyKind
	}
	for _, kind := range all {
		out = append(out, map[string]any{"name": plurals(kind), "kind": kind, "namespaced": true})
	}
	seen := map[string]bool{}
	objects, err := s.resources(func(place string) bool { // one of each type, in namespaces and without
		parts := strings.Split(place, "|")
		typ := fmt.Sprint(parts[:len(parts)-1], strings.Contains(parts[len(parts)-1], "/"))
		wanted := strings.HasPrefix(place, environment+"|kubernetes:") && !seen[typ]
		seen[typ] = true
		return wanted
	})
	if err != nil {
		return out
	}
	for _, r := range objects {
		if kind, is := r.Inputs["kind"].(string); is && r.cluster() == environment {
			out = append([]map[string]any{{"name": plurals(kind), "kind": kind,
				"namespaced": strings.Contains(r.ID, "/")}},
				out...)
		}
	}
	return out
}

// ClusterEnv is the environment of the engine's processes: where the clusters are.
func ClusterEnv(s *httptest.Server) []string {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return []string{envServer + "=" + s.URL, envCA + "=" + base64.StdEncoding.EncodeToString(ca)}
}

// Kubeconfig has a context for the cluster of each environment, named after it, and
// none that is the current.
func Kubeconfig(s *httptest.Server, environments ...string) ([]byte, error) {
	file := api.NewConfig()
	for _, env := range environments {
		file.Clusters[env] = &api.Cluster{Server: s.URL + "/any-" + env,
			CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}
		file.AuthInfos[env] = &api.AuthInfo{Token: "test"}
		file.Contexts[env] = &api.Context{Cluster: env, AuthInfo: env}
	}
	return clientcmd.Write(*file)
}

// eks is what a cluster's resource says of its API server.
func eks() (endpoint, ca string) { return os.Getenv(envServer) + "/%s", os.Getenv(envCA) }

// Token is a script in the place of the AWS CLI, which kubeconfigs ask for a token.
const Token = `#!/bin/sh
echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "test"}}'
`
