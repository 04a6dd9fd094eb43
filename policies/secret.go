package policies

import (
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// conceal is the value with what is in fields of those names marked secret.
// It copies: the subject is shared with other rules.
func conceal(v any, names []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, one := range v {
			if out[name] = conceal(one, names); slices.Contains(names, name) {
				out[name] = plan.Secret{Value: out[name]}
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = conceal(one, names)
		}
		return out
	}
	return v
}

// withoutSecrets drops CUE's words from misses about secret values: they quote
// what they are about.
func withoutSecrets(misses []plan.Miss, subject map[string]any) []plan.Miss {
	for i, m := range misses {
		if m.Found != "" && secretAt(subject, m.Path) {
			misses[i].Found = "a secret that does not fit"
		}
	}
	return misses
}

// secretAt reports whether the value at the path is secret, is in one or
// holds one.
func secretAt(v any, path []string) bool {
	for _, name := range path {
		switch at := v.(type) {
		case plan.Secret:
			return true
		case map[string]any:
			v = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return holdsSecret(at)
			}
			v = at[i]
		}
	}
	return holdsSecret(v)
}

// holdsSecret reports whether a secret is anywhere in the value.
func holdsSecret(v any) bool {
	switch v := v.(type) {
	case plan.Secret:
		return true
	case map[string]any:
		for _, one := range v {
			if holdsSecret(one) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsSecret)
	}
	return false
}
