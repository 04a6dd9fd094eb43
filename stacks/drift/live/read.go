package live

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Read reads what package render wrote: the objects of manifests/, crds/ and secrets/, and
// the namespaces of the Helm releases in helmfile.yaml. The values of the files are their
// texts, which stay in memory: Secrets are among them.
func Read(files map[string][]byte) (objects []Object, options Options, err error) {
	for _, file := range slices.Sorted(maps.Keys(files)) {
		switch base := path.Base(file); {
		case base == "kustomization.yaml" || path.Ext(base) != ".yaml":
			continue
		case file == "helmfile.yaml":
			options.Charts, err = charts(file, files[file])
		default:
			var o Object
			o, err = readObject(file, files[file])
			objects = append(objects, o)
		}
		if err != nil {
			return nil, options, err
		}
	}
	return objects, options, nil
}

// readObject decodes YAML into what JSON would give: all numbers are float64.
func readObject(file string, text []byte) (Object, error) {
	var v map[string]any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var o Object
	if err := json.Unmarshal(plain, &o); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if o.Kind() == "" || o.Version() == "" || o.Name() == "" {
		return nil, fmt.Errorf("%s: has no kind, apiVersion or name", file)
	}
	return o, nil
}

// charts are the namespaces of a helmfile's releases.
func charts(file string, text []byte) ([]string, error) {
	var helmfile struct {
		Releases []struct {
			Namespace string `yaml:"namespace"`
		} `yaml:"releases"`
	}
	if err := yaml.Unmarshal(text, &helmfile); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out []string
	for _, r := range helmfile.Releases {
		if ns := strings.TrimSpace(r.Namespace); ns != "" && !slices.Contains(out, ns) {
			out = append(out, ns)
		}
	}
	return out, nil
}
