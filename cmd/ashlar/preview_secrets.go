package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// keysOfSecrets prints the name and the keys of each Secret on a line: no value leaves
// kubectl.
const keysOfSecrets = `{{range .items}}{{.metadata.name}}{{range $k, $v := .data}} {{$k}}{{end}}{{"\n"}}{{end}}`

// missing are the Secrets and keys that pods of the namespaces wait for. A stack of
// Pulumi makes its own; where Argo CD or Flux deploy a preview somebody else must.
func (n previewNamespaces) missing(ctx context.Context, found []trace) (out []trace, err error) {
	for _, space := range found {
		if space.Kind != "namespace" {
			continue
		}
		text, err := n.kubectl(ctx, "get", "deployments,cronjobs,jobs,pods", "--namespace="+space.Name, "--output=json")
		if err != nil {
			return nil, err
		}
		var objects any
		if err := json.Unmarshal(text, &objects); err != nil {
			return nil, fmt.Errorf("kubectl get pods of %s: %w", space.Name, err)
		}
		text, err = n.kubectl(ctx, "get", "secrets", "--namespace="+space.Name, "--output=go-template="+keysOfSecrets)
		if err != nil {
			return nil, err
		}
		there := map[string][]string{}
		for line := range strings.Lines(string(text)) {
			if words := strings.Fields(line); len(words) > 0 {
				there[words[0]] = words[1:]
			}
		}
		wanted := map[string]map[string]bool{}
		secretsOf(objects, wanted)
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			if lacks, ok := lacking(there, name, wanted[name]); ok {
				out = append(out, trace{Preview: space.Preview, Kind: "missing",
					Name: "Secret " + space.Name + "/" + name + lacks})
			}
		}
	}
	return out, nil
}

// lacking says which keys a Secret has not, in parentheses; ok is false where it has all.
func lacking(there map[string][]string, name string, keys map[string]bool) (text string, ok bool) {
	has, found := there[name]
	lacks := slices.DeleteFunc(slices.Sorted(maps.Keys(keys)),
		func(key string) bool { return slices.Contains(has, key) })
	if len(lacks) > 0 {
		return " (" + strings.Join(lacks, ", ") + ")", true
	}
	return "", !found
}

// secretsOf gathers the Secrets that pods cannot start without, with their keys, wherever
// in the objects pods are described.
func secretsOf(v any, into map[string]map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			secretsOf(one, into)
		}
	case map[string]any:
		for field, one := range v {
			ref, _ := one.(map[string]any)
			name, _ := ref[map[string]string{"secretKeyRef": "name", "secretRef": "name",
				"secret": "secretName"}[field]].(string)
			if optional, _ := ref["optional"].(bool); name == "" || optional {
				secretsOf(one, into)
				continue
			}
			if into[name] == nil {
				into[name] = map[string]bool{}
			}
			if key, ok := ref["key"].(string); ok {
				into[name][key] = true
			}
			items, _ := ref["items"].([]any)
			for _, item := range items {
				item, _ := item.(map[string]any)
				if key, ok := item["key"].(string); ok {
					into[name][key] = true
				}
			}
		}
	}
}
