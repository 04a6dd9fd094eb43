package pulumitest

import (
	"fmt"
	"slices"
	"strings"
)

// Request is what somebody asks of AWS: an action, a resource, and the keys that
// conditions read.
type Request struct {
	Action, Resource string
	Context          map[string]string
}

// Allows evaluates statements as IAM does: a request is refused unless a
// statement allows it, and whatever denies it comes first. A test of a condition
// that is not known here is an error, for it would be evaluated wrongly.
func Allows(statements []Statement, r Request) (bool, error) {
	allowed := false
	for _, s := range statements {
		matches, err := s.matches(r)
		if err != nil {
			return false, err
		}
		if matches && s.Effect == "Deny" {
			return false, nil
		}
		allowed = allowed || matches && s.Effect == "Allow"
	}
	return allowed, nil
}

func (s Statement) matches(r Request) (bool, error) {
	if !slices.ContainsFunc(s.Action, func(p string) bool {
		return like(strings.ToLower(p),
			strings.ToLower(r.Action))
	}) {
		return false, nil
	}
	covers := func(p string) bool {
		p, known := filled(p, r.Context)
		return known && like(p, r.Resource)
	}
	if s.NotResource == nil && !slices.ContainsFunc(texts(s.Resource), covers) ||
		s.NotResource != nil && slices.ContainsFunc(texts(s.NotResource), covers) {
		return false, nil
	}
	for test, keys := range s.Condition {
		for key, values := range keys {
			holds, err := condition(test, values, r.Context, key)
			if err != nil || !holds {
				return false, err
			}
		}
	}
	return true, nil
}

func condition(test string, values []string, context map[string]string, key string) (bool, error) {
	test, _ = strings.CutPrefix(test, "ForAnyValue:") // of a key with one value
	for i, value := range values {
		filled, known := filled(value, context)
		if !known { // IAM matches nothing with a variable that has no value
			return false, nil
		}
		values = slices.Replace(slices.Clone(values), i, i+1, filled)
	}
	has, there := context[key]
	plain, optional := strings.CutSuffix(test, "IfExists")
	if plain == "StringNotEquals" {
		return !there || !slices.Contains(values, has), nil
	}
	if !there {
		return optional, nil
	}
	switch plain {
	case "StringEquals", "Bool":
		return slices.Contains(values, has), nil
	case "StringLike", "ArnEquals", "ArnLike": // of ARNs both take patterns
		return slices.ContainsFunc(values, func(p string) bool { return like(p, has) }), nil
	}
	return false, fmt.Errorf("the condition %s is not known here", test)
}

// filled is a pattern with the value of the request in the place of a variable, such as
// ${aws:PrincipalTag/team}; not known where the request has none.
func filled(pattern string, context map[string]string) (text string, known bool) {
	for {
		before, rest, found := strings.Cut(pattern, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return pattern, true
		}
		value, there := context[name]
		if !there {
			return "", false
		}
		pattern = before + value + after
	}
}

// texts is a resource: one text or several.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// like matches a pattern of * and ? with a text, in linear time but for the
// length of what a star took.
func like(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
