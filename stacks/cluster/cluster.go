// Package cluster asks a Kubernetes API server what a stack must know before it
// registers anything there: that the server is the one that was meant, that it
// answers, what it serves, and who manages the namespaces that the stack would.
// Pulumi's provider finds out one object at a time, when others are changed
// already, and takes whatever cluster the kubeconfig names last.
//
// It reads and never writes: what it would change (see Applied) is a dry run.
package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

const (
	patience  = 20 * time.Second // for one answer
	maxAnswer = 8 << 20          // bytes
)

// Cluster is an API server that a kubeconfig has named. It is safe for use by several
// goroutines.
type Cluster struct {
	context, server string
	http            *http.Client

	mu    sync.Mutex
	kinds map[string][]apiResource // by group and version
}

// Context is the kubeconfig's context.
func (c *Cluster) Context() string { return c.context }

// Server is the API server's URL.
func (c *Cluster) Server() string { return c.server }

// connect makes the client of a context.
func connect(name string, config *rest.Config) (*Cluster, error) {
	config.Timeout = patience
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", name, err)
	}
	return &Cluster{context: name, server: strings.TrimSuffix(config.Host, "/"), http: client}, nil
}

// Namespace reads the labels and annotations of a namespace, and reports whether there
// is one.
func (c *Cluster) Namespace(ctx context.Context, name string) (labels,
	annotations map[string]string, found bool, err error) {
	var object struct {
		Metadata struct {
			Labels, Annotations map[string]string
		}
	}
	found, err = c.get(ctx, "/api/v1/namespaces/"+url.PathEscape(name), &object)
	return object.Metadata.Labels, object.Metadata.Annotations, found, err
}

// Kinds returns the kinds that the server has in a group and version, such as
// "argoproj.io/v1alpha1"; none where it does not know the group.
func (c *Cluster) Kinds(ctx context.Context, groupVersion string) ([]string, error) {
	var list struct {
		Resources []struct{ Name, Kind string }
	}
	path := "/apis/" + groupVersion
	if !strings.Contains(groupVersion, "/") {
		path = "/api/" + groupVersion
	}
	if _, err := c.get(ctx, path, &list); err != nil {
		return nil, err
	}
	var kinds []string
	for _, r := range list.Resources {
		if !strings.Contains(r.Name, "/") { // no sub-resource
			kinds = append(kinds, r.Kind)
		}
	}
	return kinds, nil
}

// get reads an object into out, and reports whether it is there.
func (c *Cluster) get(ctx context.Context, path string, out any) (found bool, err error) {
	return c.read(ctx, path, "application/json", out)
}

// read is get of a form of the object.
func (c *Cluster) read(ctx context.Context, path, accept string, out any) (found bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+path, nil)
	if err != nil {
		return false, fmt.Errorf("cluster %s: %w", c.server, err)
	}
	request.Header.Set("Accept", accept)
	path = request.URL.Path
	status, text, err := c.send(request)
	switch {
	case err != nil:
		return false, err
	case status == http.StatusNotFound:
		return false, nil
	case status == http.StatusForbidden:
		return false, fmt.Errorf("cluster %s (context %s) does not let its user read %s: ask its administrator (%w)",
			c.server, c.context, path, ErrForbidden)
	case status != http.StatusOK:
		return false, fmt.Errorf("cluster %s: %s: status %d %s", c.server, path, status, http.StatusText(status))
	}
	if err := json.Unmarshal(text, out); err != nil {
		return false, fmt.Errorf("cluster %s: %s: no JSON; is it a Kubernetes API server? %w", c.server, path, err)
	}
	return true, nil
}
