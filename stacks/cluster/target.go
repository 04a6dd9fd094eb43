package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Target says which cluster is meant. Either Kubeconfig holds a whole kubeconfig, whose
// current context counts, or Context or Server say which context of the user's own
// kubeconfig it is: the current one is whatever was used last.
type Target struct {
	Kubeconfig string // text, not a path
	Context    string // by its name in the user's kubeconfig
	Server     string // by the URL of its API server
}

// Open finds the target's context and makes a client of it. Nothing is sent yet.
func Open(t Target) (*Cluster, error) {
	if t.Kubeconfig != "" {
		file, err := clientcmd.Load([]byte(t.Kubeconfig))
		if err != nil {
			return nil, fmt.Errorf("kubeconfig: %w", err)
		}
		return open(*file, file.CurrentContext, nil)
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	file, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	name, err := t.choose(file)
	if err != nil {
		return nil, err
	}
	return open(*file, name, rules)
}

func open(file api.Config, name string, access clientcmd.ConfigAccess) (*Cluster, error) {
	config, err := clientcmd.NewNonInteractiveClientConfig(file, name, nil, access).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: context %q: %w", name, err)
	}
	return connect(name, config)
}

// choose returns the context that the target names, and refuses to guess.
func (t Target) choose(file *api.Config) (string, error) {
	all := slices.Sorted(maps.Keys(file.Contexts))
	if len(all) == 0 {
		return "", errors.New("there is no kubeconfig with a context: set KUBECONFIG, or write ~/.kube/config")
	}
	if t.Context != "" {
		if !slices.Contains(all, t.Context) {
			return "", fmt.Errorf("the kubeconfig has no context %q; it has %s", t.Context, strings.Join(all, ", "))
		}
		if server := serverOf(file, t.Context); t.Server != "" && server != trimmed(t.Server) {
			return "", fmt.Errorf("context %s is the cluster at %s, and config server names %s",
				t.Context, server, t.Server)
		}
		return t.Context, nil
	}
	if t.Server == "" {
		return "", fmt.Errorf("which cluster? Name the kubeconfig's context by `pulumi config set context NAME` (%s), or the API server's URL by `pulumi config set server URL`", strings.Join(all, ", "))
	}
	var found []string
	for _, name := range all {
		if serverOf(file, name) == trimmed(t.Server) {
			found = append(found, name)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return "", fmt.Errorf("the kubeconfig has no context of the cluster at %s; its contexts are %s",
			t.Server, strings.Join(all, ", "))
	case slices.Contains(found, file.CurrentContext):
		return file.CurrentContext, nil // it is the cluster that was meant; who asks is the user's choice
	}
	return "", fmt.Errorf("the contexts %s are all of the cluster at %s: choose one by `pulumi config set context NAME`", strings.Join(found, ", "), t.Server)
}

// serverOf is the URL of a context's cluster.
func serverOf(file *api.Config, name string) string {
	if c := file.Clusters[file.Contexts[name].Cluster]; c != nil {
		return trimmed(c.Server)
	}
	return ""
}

func trimmed(url string) string { return strings.TrimSuffix(url, "/") }
