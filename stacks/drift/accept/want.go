package accept

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/edit"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// want is a value for a field, and the findings that say so.
type want struct {
	origin   drift.Origin
	text     string // as it was found, without quotes
	value    edit.Value
	file     string // that it was written into
	findings []drift.Finding
}

// kind returns how a field is read, by the last part of its path.
func kind(field string) func(text string) (edit.Value, error) {
	return map[string]func(string) (edit.Value, error){
		".min": number, ".max": number, ".gpu": number,
		".cpu": cores, ".memory": memory, ".schedule": words, ".timezone": words,
	}[path.Ext(field)]
}

// maxText bounds a schedule or a time zone, in bytes.
const maxText = 100

func number(text string) (edit.Value, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return edit.Value{}, fmt.Errorf("%q is not a whole number", text)
	}
	return edit.Int(n), nil
}

func cores(text string) (edit.Value, error) {
	_, err := plan.ParseCPU(text)
	return edit.String(text), err
}

func memory(text string) (edit.Value, error) {
	_, err := plan.ParseQuantity(text)
	return edit.String(text), err
}

func words(text string) (edit.Value, error) {
	if text == "" || len(text) > maxText {
		return edit.Value{}, errors.New("it is empty or too long")
	}
	return edit.String(text), nil
}

// wanted returns the values that the findings of one environment of a blueprint ask for,
// in the order of their fields, and says of those that are left out why.
func wanted(findings []drift.Finding, where drift.Origin, note func(string, ...any)) []want {
	byField := map[string][]drift.Finding{}
	for _, f := range findings {
		if f.Origin.Blueprint == where.Blueprint && f.Origin.Environment == where.Environment &&
			f.Origin.Field != "" && f.Class != drift.Security {
			byField[f.Origin.Field] = append(byField[f.Origin.Field], f)
		}
	}
	var out []want
	for _, field := range slices.Sorted(maps.Keys(byField)) {
		one, err := agreed(field, byField[field])
		if err != nil {
			note("%s of blueprint %s in %s stays as it is: %v", field, where.Blueprint, where.Environment, err)
			continue
		}
		out = append(out, one)
	}
	return out
}

// agreed is the value that all findings about a field have. The memory of a pod is its
// request and its limit: changed alone, neither has a field.
func agreed(field string, found []drift.Finding) (want, error) {
	read := kind(field)
	if read == nil {
		return want{}, errors.New("it is not known how its value is written")
	}
	w := want{origin: found[0].Origin, findings: found}
	for i, f := range found {
		text, err := plain(f.Found)
		if err != nil {
			return want{}, err
		}
		value, err := read(text)
		if err != nil {
			return want{}, err
		}
		if i > 0 && !same(field, text, w.text) {
			return want{}, fmt.Errorf("the cluster has %s and %s where the blueprint has one value", w.text, text)
		}
		w.text, w.value = text, value
	}
	if path.Ext(field) == ".memory" && len(found) != 2 {
		return want{}, errors.New("a pod's memory is its request and its limit, of which the cluster has changed one")
	}
	return w, nil
}

// plain is a value of a finding, a number or a text in JSON.
func plain(found string) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(found), &v); err != nil {
		return "", errors.New("its value is not known in full")
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", errors.New("its value is neither a number nor a text")
}

// same reports whether two values mean the same to Kubernetes.
func same(field, a, b string) bool {
	switch path.Ext(field) {
	case ".memory":
		x, errX := plan.ParseQuantity(a)
		y, errY := plan.ParseQuantity(b)
		return errX == nil && errY == nil && x == y
	case ".cpu":
		x, errX := plan.ParseCPU(a)
		y, errY := plan.ParseCPU(b)
		return errX == nil && errY == nil && x == y
	}
	return a == b
}
