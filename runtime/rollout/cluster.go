package rollout

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Kinds of workloads.
const (
	Rollout    = "rollout"    // of Argo Rollouts
	Deployment = "deployment" // of Kubernetes
)

// paths are those of the kinds below an API server's address, with the namespace.
var paths = map[string]string{
	Rollout:    "/apis/argoproj.io/v1alpha1/namespaces/%s/rollouts",
	Deployment: "/apis/apps/v1/namespaces/%s/deployments",
}

// Kinds are what New takes.
func Kinds() []string { return []string{Deployment, Rollout} }

// AccountDir is where Kubernetes puts a pod's token, the certificates of the API server
// and the name of the namespace.
const AccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// fieldManager owns the annotations in the eyes of server-side apply.
const fieldManager = "ashlar-release"

// Bounds of a request to the API server.
const (
	maxAnswer  = 4 << 20
	maxAccount = 1 << 20 // of a file of the account
	patience   = 10 * time.Second
)

// Cluster is the API server, as a pod with a token reaches it. It reads and patches
// workloads of one kind in the pod's own namespace, and nothing else: the client
// libraries of Kubernetes would make the runtime a third larger for two requests.
type Cluster struct {
	base   *url.URL
	path   string
	dir    string
	client *http.Client
}

// InCluster returns the API server that Kubernetes names to every pod by
// KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. dir is where the pod's token is,
// AccountDir in a pod.
func InCluster(getenv func(string) string, dir, kind string) (*Cluster, error) {
	pem, err := plan.ReadFile(filepath.Join(dir, "ca.crt"), maxAccount)
	if err != nil {
		return nil, fmt.Errorf("certificates of the API server: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM", filepath.Join(dir, "ca.crt"))
	}
	space, err := plan.ReadFile(filepath.Join(dir, "namespace"), maxAccount)
	if err != nil {
		return nil, fmt.Errorf("namespace of this pod: %w", err)
	}
	host, port := getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return nil, errors.New("KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is not set: this runs in a pod of the cluster whose workloads it moves")
	}
	form, ok := paths[kind]
	if !ok {
		return nil, fmt.Errorf("workloads of kind %q: want %s", kind, strings.Join(Kinds(), " or "))
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}
	return &Cluster{
		base: &url.URL{Scheme: "https", Host: net.JoinHostPort(host, port)}, dir: dir,
		path:   fmt.Sprintf(form, url.PathEscape(strings.TrimSpace(string(space)))),
		client: &http.Client{Transport: transport, Timeout: patience, CheckRedirect: refuseRedirect},
	}, nil
}

// refuseRedirect keeps the token with the server that it is for.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Standing reads how far the workload is.
func (c *Cluster) Standing(ctx context.Context, name string) (Standing, error) {
	body, err := c.do(ctx, http.MethodGet, url.PathEscape(name), "", nil)
	if err != nil {
		return Standing{}, fmt.Errorf("workload %s: %w", name, err)
	}
	s, err := decode(body)
	if err != nil {
		return Standing{}, fmt.Errorf("workload %s: %w", name, err)
	}
	return s, nil
}

// Assign makes these versions the ones that the workload's new pods serve.
func (c *Cluster) Assign(ctx context.Context, name string, a Assignment) error {
	notes := map[string]any{Annotation: a.Digest, WithinAnnotation: nil} // nil removes it
	if within := a.Within.String(); within != "" {
		notes[WithinAnnotation] = within
	}
	return c.patch(ctx, name, "", map[string]any{"spec": map[string]any{"template": map[string]any{
		"metadata": map[string]any{"annotations": notes}}}})
}

// Steer changes the status of a Rollout, which is how a person moves one.
func (c *Cluster) Steer(ctx context.Context, name string, status map[string]any) error {
	return c.patch(ctx, name, "/status", map[string]any{"status": status})
}

func (c *Cluster) patch(ctx context.Context, name, part string, patch map[string]any) error {
	body, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("workload %s: %w", name, err)
	}
	_, err = c.do(ctx, http.MethodPatch, url.PathEscape(name)+part, "fieldManager="+fieldManager, body)
	if err != nil {
		return fmt.Errorf("workload %s: %w", name, err)
	}
	return nil
}

// do makes one request and returns the answer's body. The token is read for each:
// Kubernetes replaces it before it expires.
func (c *Cluster) do(ctx context.Context, method, name, query string, body []byte) ([]byte, error) {
	token, err := plan.ReadFile(filepath.Join(c.dir, "token"), maxAccount)
	if err != nil {
		return nil, fmt.Errorf("token of this pod: %w", err)
	}
	at := *c.base
	at.Path, at.RawQuery = c.path+"/"+name, query
	req, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(answer) > maxAnswer:
		return nil, fmt.Errorf("the API server's answer has more than %d bytes", maxAnswer)
	case res.StatusCode/100 != 2:
		return nil, refused(res.StatusCode, answer)
	}
	return answer, nil
}

// refused is what the API server says of a request that it did not do.
func refused(code int, answer []byte) error {
	var status struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(answer, &status) != nil || status.Message == "" {
		return fmt.Errorf("the API server answers %d %s", code, http.StatusText(code))
	}
	return fmt.Errorf("the API server answers %d: %.500s", code, status.Message)
}
