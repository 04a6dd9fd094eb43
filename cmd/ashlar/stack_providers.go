package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxStackFile bounds a Pulumi.NAME.yaml.
const maxStackFile = 4 << 20

// stackProviders are the providers that the stacks of the environments name, by
// environment, as `pulumi config set provider kubernetes` writes them to
// Pulumi.ENVIRONMENT.yaml below the root. One that names none is not in it:
// its stack is on AWS.
func stackProviders(root string, plans map[string]*plan.Plan) (map[string]string, error) {
	out := map[string]string{}
	for name := range plans {
		file := filepath.Join(root, "Pulumi."+name+".yaml")
		text, err := plan.ReadFile(file, maxStackFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var stack struct {
			Config map[string]any `yaml:"config"`
		}
		if err := yaml.Unmarshal(text, &stack); err != nil {
			return nil, usageError(fmt.Sprintf("%s: %s", file, err))
		}
		for key, value := range stack.Config {
			// Pulumi puts the project before the key.
			if key != "provider" && !strings.HasSuffix(key, ":provider") {
				continue
			}
			provider, ok := value.(string)
			if !ok {
				return nil, usageError(fmt.Sprintf("%s: %s is not a word; run `pulumi config set provider kubernetes` or aws", file, key))
			}
			out[name] = provider
		}
	}
	return out, nil
}
