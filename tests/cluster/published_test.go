//go:build integration

package cluster

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// published is a site whose manifests are pushed to a registry, from where others
// deliver them.
type published struct {
	*delivered
	hub *httptest.Server
}

// published starts a registry for the site.
func (s *site) published(t *testing.T) *published {
	t.Helper()
	hub := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(hub.Close)
	return &published{delivered: &delivered{site: s, dir: t.TempDir()}, hub: hub}
}

// address is that of a version of the bundle.
func (p *published) address(tag string) string {
	return "oci" + strings.TrimPrefix(p.hub.URL, "http") + "/acme/credit:" + tag
}

// pushed pushes the manifests as a version, signed with a key where there is one.
func (p *published) pushed(t *testing.T, tag, private string) {
	t.Helper()
	args := []string{"bundle", "push", p.address(tag), "--from", p.manifests}
	if private != "" {
		args = append(args, "--key", private)
	}
	p.output(t, args...)
}

// edit makes the manifests those of another version: another number of pods at most, and
// no disruption budget.
func (p *published) edit(t *testing.T) {
	t.Helper()
	folder := filepath.Join(p.folder("manifests"), p.namespace)
	replace := func(name, from, to string) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), from) != 1 {
			t.Fatalf("%s does not say %q once:\n%s", name, from, text)
		}
		if err := os.WriteFile(name, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replace(filepath.Join(folder, "horizontalpodautoscaler-"+endpoint+".yaml"), "maxReplicas: 10", "maxReplicas: 7")
	budget := "poddisruptionbudget-" + endpoint + ".yaml"
	if err := os.Remove(filepath.Join(folder, budget)); err != nil {
		t.Fatal(err)
	}
	lists := slices.DeleteFunc([]string{filepath.Join(folder, "kustomization.yaml"),
		filepath.Join(p.folder("manifests"), "kustomization.yaml")}, func(name string) bool {
		text, err := os.ReadFile(name)
		return err != nil || !strings.Contains(string(text), budget)
	})
	for _, name := range lists {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(strings.Split(string(text), "\n"),
			func(line string) bool { return strings.Contains(line, budget) })
		if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// most is the largest number of pods that the autoscaler allows.
func (p *published) most(t *testing.T) int {
	t.Helper()
	return get[struct{ Spec struct{ MaxReplicas int } }](t, p.ground, "-n", p.namespace, "hpa",
		endpoint).Spec.MaxReplicas
}

// written is what a manager last wrote into each of the bundle's objects, by kind and name: a
// write that changes nothing changes neither these nor their time.
func (p *published) written(t *testing.T, manager string) map[string]string {
	t.Helper()
	out := map[string]string{}
	list := get[struct {
		Items []struct {
			Kind     string
			Metadata struct {
				Name, Namespace string
				Generation      int
				ManagedFields   []struct {
					Manager, Operation, Subresource string
					Time                            time.Time
					FieldsV1                        map[string]any
				}
			}
		}
	}](t, p.ground, "-k", p.folder("manifests"), "--show-managed-fields")
	for _, o := range list.Items {
		for _, m := range o.Metadata.ManagedFields {
			if m.Manager == manager && m.Subresource == "" {
				out[o.Kind+" "+o.Metadata.Namespace+"/"+o.Metadata.Name] = fmt.Sprint(m.Operation, m.Time, m.FieldsV1)
			}
		}
	}
	return out
}
