package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Ref names an object, or a kind in a namespace where Name is empty.
type Ref struct {
	Version   string // group and version: "apps/v1", "v1"
	Kind      string
	Namespace string // empty: of the cluster
	Name      string
}

// String is how errors name the object.
func (r Ref) String() string {
	name := r.Name
	if r.Namespace != "" {
		name = r.Namespace + "/" + r.Name
	}
	return strings.TrimSuffix(r.Kind+" "+name, " ")
}

var (
	// ErrForbidden is the answer to a user who lacks a permission.
	ErrForbidden = errors.New("forbidden")
	// ErrNoKind says that the server has no such kind.
	ErrNoKind = errors.New("the cluster has no such kind")
)

// RefusedError is what the server answers to an object that it does not take.
type RefusedError struct {
	Status  int
	Message string
}

// Error is the server's message.
func (e *RefusedError) Error() string { return e.Message }

// path is the URL's path of the object or the kind.
func (c *Cluster) path(ctx context.Context, r Ref) (string, error) {
	plural, namespaced, err := c.resource(ctx, r)
	if err != nil {
		return "", err
	}
	p := root(r.Version)
	if namespaced && r.Namespace != "" {
		p += "/namespaces/" + url.PathEscape(r.Namespace)
	}
	p += "/" + plural
	if r.Name != "" {
		p += "/" + url.PathEscape(r.Name)
	}
	return p, nil
}

func root(version string) string {
	if strings.Contains(version, "/") {
		return "/apis/" + version
	}
	return "/api/" + version
}

// resource is what URLs call the kind.
func (c *Cluster) resource(ctx context.Context, r Ref) (plural string, namespaced bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, known := c.kinds[r.Version]
	if !known {
		var answer struct{ Resources []apiResource }
		if _, err := c.get(ctx, root(r.Version), &answer); err != nil {
			return "", false, err
		}
		list = answer.Resources
		if c.kinds == nil {
			c.kinds = map[string][]apiResource{}
		}
		c.kinds[r.Version] = list
	}
	i := slices.IndexFunc(list, func(one apiResource) bool {
		return one.Kind == r.Kind && !strings.Contains(one.Name, "/")
	})
	if i < 0 {
		return "", false, fmt.Errorf("cluster %s: %s of %s: %w", c.context, r.Kind, r.Version, ErrNoKind)
	}
	return list[i].Name, list[i].Namespaced, nil
}

// apiResource is a kind as discovery lists it.
type apiResource struct {
	Name, Kind string
	Namespaced bool
}

// Object reads an object, and reports whether it is there. An object of a kind that the
// server does not have is not there.
func (c *Cluster) Object(ctx context.Context, of Ref) (object map[string]any, found bool, err error) {
	path, err := c.path(ctx, of)
	if errors.Is(err, ErrNoKind) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	found, err = c.get(ctx, path, &object)
	return object, found, err
}

// Applied returns what the object would be after a server-side apply by the field
// manager. It is a dry run: the server checks it, defaults it and stores nothing.
func (c *Cluster) Applied(ctx context.Context, of Ref, object map[string]any, manager string) (map[string]any, error) {
	path, err := c.path(ctx, of)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", of, err)
	}
	query := url.Values{"dryRun": {"All"}, "fieldManager": {manager}, "force": {"true"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, c.server+path+"?"+query.Encode(),
		bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", c.server, err)
	}
	request.Header.Set("Content-Type", "application/apply-patch+yaml") // of which JSON is a part
	request.Header.Set("Accept", "application/json")
	status, text, err := c.send(request)
	if err != nil {
		return nil, err
	}
	if status == http.StatusForbidden {
		return nil, fmt.Errorf("cluster %s: dry run of %s: %w", c.context, of, ErrForbidden)
	}
	if status < 200 || status > 299 {
		var answer struct{ Message string }
		if err := json.Unmarshal(text, &answer); err != nil || answer.Message == "" {
			answer.Message = http.StatusText(status)
		}
		if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
			return nil, fmt.Errorf("cluster %s: dry run of %s: status %d: %s", c.server, of, status, answer.Message)
		}
		return nil, &RefusedError{Status: status, Message: answer.Message}
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("cluster %s: dry run of %s: %w", c.server, of, err)
	}
	return out, nil
}

// maxListed bounds the objects of one list, and page is how many come in one answer.
const (
	maxListed = 20_000
	page      = "250"
)

// List reads the objects of a kind, in a namespace or in all; with metadata nothing but
// their metadata, so that no value of a Secret leaves the server.
func (c *Cluster) List(ctx context.Context, of Ref, metadata bool) ([]map[string]any, error) {
	path, err := c.path(ctx, of)
	if err != nil {
		return nil, err
	}
	accept := "application/json"
	if metadata {
		accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	}
	var out []map[string]any
	for next := ""; ; {
		query := url.Values{"limit": {page}}
		if next != "" {
			query.Set("continue", next)
		}
		var list struct {
			Metadata struct{ Continue string }
			Items    []map[string]any
		}
		found, err := c.read(ctx, path+"?"+query.Encode(), accept, &list)
		if err != nil || !found {
			return out, err
		}
		out = append(out, list.Items...)
		if next = list.Metadata.Continue; next == "" {
			return out, nil
		}
		if len(out) > maxListed {
			return nil, fmt.Errorf("cluster %s: more than %d objects of kind %s", c.server, maxListed, of.Kind)
		}
	}
}

// send sends a request and returns the answer, bounded.
func (c *Cluster) send(request *http.Request) (status int, text []byte, err error) {
	answer, err := c.http.Do(request) //nolint:gosec // the server of the user's own kubeconfig
	if err != nil {
		return 0, nil, fmt.Errorf("cluster %s (context %s) does not answer: %w", c.server, c.context, err)
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	text, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	path := request.URL.Path
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("cluster %s: %s: %w", c.server, path, err)
	case len(text) > maxAnswer:
		return 0, nil, fmt.Errorf("cluster %s: %s: the answer is larger than %d MiB", c.server, path, maxAnswer>>20)
	case answer.StatusCode == http.StatusUnauthorized:
		return 0, nil, fmt.Errorf("cluster %s (context %s) does not know who asks: sign in again, or give the context another user", c.server, c.context)
	}
	return answer.StatusCode, text, nil
}

// Has reports whether the server has an object of the kind; namespace is empty for one of
// the whole cluster. Its metadata alone is read: no value of a Secret leaves the server.
func (c *Cluster) Has(ctx context.Context, groupVersion, kind, namespace, name string) (bool, error) {
	path, err := c.path(ctx, Ref{Version: groupVersion, Kind: kind, Namespace: namespace, Name: name})
	if errors.Is(err, ErrNoKind) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return c.read(ctx, path, "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
		&struct{}{})
}
