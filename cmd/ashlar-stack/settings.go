package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/render"
)

// settings are where render takes config from: a stack's file, then single
// values, then flags of their own, the last one winning.
type settings struct {
	file                         string
	set                          []string
	environment, layer, provider string
}

// config returns Pulumi's config as an engine would hand it to the program.
func (s *settings) config() (map[string]string, error) {
	out := map[string]string{}
	var errs []error
	if s.file != "" {
		if err := readStackFile(s.file, out); err != nil {
			errs = append(errs, fmt.Errorf("--config-file: %w", err))
		}
	}
	for _, one := range s.set {
		name, value, ok := strings.Cut(one, "=")
		if !ok || name == "" {
			errs = append(errs, fmt.Errorf("--config %q: write it as KEY=VALUE", one))
			continue
		}
		out[qualified(name)] = value
	}
	for name, value := range map[string]string{"environment": s.environment, "layer": s.layer, "provider": s.provider} {
		if value != "" {
			out[qualified(name)] = value
		}
	}
	return out, errors.Join(errs...)
}

// qualified gives a key without a namespace the project's, as Pulumi does.
func qualified(name string) string {
	if strings.Contains(name, ":") {
		return name
	}
	return "ashlar:" + name
}

// maxSettings bounds a file of config or of outputs.
const maxSettings = 8 << 20

// readStackFile reads the config of a Pulumi.STACK.yaml. Encrypted values are
// for the engine: they are left out.
func readStackFile(path string, into map[string]string) error {
	text, err := plan.ReadFile(path, maxSettings)
	if err != nil {
		return err
	}
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, value := range file.Config {
		switch v := value.(type) {
		case string:
			into[name] = v
		case map[string]any:
			if _, secure := v["secure"]; secure && len(v) == 1 {
				continue
			}
			if err := asJSON(name, v, into); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		default:
			if err := asJSON(name, v, into); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return nil
}

func asJSON(name string, value any, into map[string]string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	into[name] = string(text)
	return nil
}

// readValues reads outputs by variable: `pulumi stack output --json` has them
// plain, `terraform output -json` under "value".
func readValues(paths []string) (map[string]string, error) {
	out := map[string]string{}
	for _, path := range paths {
		text, err := plan.ReadFile(path, maxSettings)
		if err != nil {
			return nil, fmt.Errorf("--values: %w", err)
		}
		var all map[string]any
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fmt.Errorf("--values %s: want a JSON object of outputs: %w", path, err)
		}
		for name, value := range all {
			if wrapped, ok := value.(map[string]any); ok {
				value = wrapped["value"]
			}
			if s, ok := value.(string); ok {
				out[render.Variable(name)] = s
			} else if text, err := json.Marshal(value); err == nil {
				out[render.Variable(name)] = string(text)
			}
		}
	}
	return out, nil
}
