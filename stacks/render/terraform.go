package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// terraformFile is where the AWS resources are written.
const terraformFile = "main.tf.json"

// providerVersion is the provider that pulumi-aws 6.83 is generated from.
const providerVersion = "~> 5.100"

// terraform returns main.tf.json, or nothing where there are no AWS resources.
// All that cannot be translated is reported together.
func terraform(rec *record.Recording, values *resolver) (Files, error) {
	t := &translation{rec: rec, dir: values.options.Dir, names: values.names, variables: map[string]bool{},
		resources: object{}, data: object{}, outputs: object{}}
	var errs []error
	for _, r := range rec.Resources {
		if r.Type == "pulumi:providers:aws" {
			t.providers = append(t.providers, object{"alias": snake(r.Name), "region": inputText(r, "region")})
		}
		if r.Package() != "aws" || !r.Custom {
			continue
		}
		if err := t.add(r); err != nil {
			errs = append(errs, failed(r, err))
		}
	}
	for _, d := range rec.Data {
		errs = append(errs, t.addData(d))
	}
	errs = append(errs, t.addOutputs(values))
	if err := errors.Join(errs...); err != nil || len(t.resources) == 0 {
		return nil, err
	}
	text, err := t.document(values.options.Region)
	return Files{terraformFile: text}, err
}

type object = map[string]any

// translation is a document in the making.
// Resources, data and outputs are by type and name, as Terraform's JSON form nests
// them.
type translation struct {
	rec                      *record.Recording
	dir                      string
	names                    names
	resources, data, outputs object
	providers                []any           // of other regions, by alias
	variables                map[string]bool // name -> sensitive
}

// add translates one resource.
// Options of Pulumi's become a lifecycle: protecting and retaining are both
// prevent_destroy, the closest that Terraform has.
func (t *translation) add(r *record.Resource) error {
	address := t.names.resources[r.URN]
	typ, name, _ := strings.Cut(address, ".")
	w := &expressions{translation: t, typ: typ, address: address, used: map[string]bool{}}
	body, err := w.object(r.Inputs, nil)
	if err != nil {
		return err
	}
	if source, ok := body["source"].(string); ok && typ == "aws_s3_object" {
		// Terraform looks at the name of a file, not at what is in it.
		body["source_hash"] = "${filesha256(\"" + source + "\")}"
	}
	if after := w.dependsOn(r); len(after) > 0 {
		body["depends_on"] = after
	}
	if alias := t.alias(r); alias != "" {
		body["provider"] = "aws." + alias
	}
	lifecycle := object{}
	if r.Protect || r.RetainOnDelete {
		lifecycle["prevent_destroy"] = true
	}
	if len(r.IgnoreChanges) > 0 {
		ignored := make([]string, len(r.IgnoreChanges))
		for i, path := range r.IgnoreChanges {
			ignored[i] = ignorePath(typ, path)
		}
		lifecycle["ignore_changes"] = ignored
	}
	if len(lifecycle) > 0 {
		body["lifecycle"] = lifecycle
	}
	within(t.resources, typ)[name] = body
	return nil
}

// alias is the name of the provider that makes the resource, where the program has one
// for another region; "" is the default one.
func (t *translation) alias(r *record.Resource) string {
	for _, p := range t.rec.Resources {
		if p.URN == r.Provider && p.Type == "pulumi:providers:aws" {
			return snake(p.Name)
		}
	}
	return ""
}

// dependsOn returns the addresses that the resource waits for and does not
// refer to.
// A reference in an expression orders resources by itself; depends_on is for the
// rest.
func (w *expressions) dependsOn(r *record.Resource) []string {
	var out []string
	for _, urn := range r.Dependencies {
		address, ok := w.names.resources[urn]
		if ok && !w.used[address] && address != w.address {
			out = append(out, address)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// addData translates a data source with its arguments.
func (t *translation) addData(d record.Data) error {
	typ, name, _ := strings.Cut(strings.TrimPrefix(t.names.data[d.Name], "data."), ".")
	w := &expressions{translation: t, typ: typ, address: t.names.data[d.Name], used: map[string]bool{}}
	body, err := w.object(d.Args, nil)
	within(t.data, typ)[name] = body
	return err
}

// addOutputs writes what the stack exports, but for its secrets, and what the
// manifests left open.
// An output with a secret in it is left out, as Terraform keeps outputs in its state
// in the clear.
func (t *translation) addOutputs(values *resolver) error {
	w := &expressions{translation: t, address: "output", used: map[string]bool{}}
	var errs []error
	for _, key := range t.rec.Outputs.StableKeys() {
		if t.rec.Outputs[key].ContainsSecrets() {
			continue
		}
		value, err := w.value(t.rec.Outputs[key], []string{string(key)})
		errs = append(errs, err)
		t.outputs[snake(string(key))] = object{"value": value}
	}
	for name, ref := range values.left {
		if ref.Variable == "" {
			t.outputs[name] = object{"value": "${" + t.names.expression(ref) + "}"}
		}
	}
	return errors.Join(errs...)
}

// document puts the parts together.
// encoding/json sorts keys, so the same parts give the same bytes. HTML escapes would
// be harmless and unreadable.
func (t *translation) document(region string) ([]byte, error) {
	doc := object{
		"//": "Code generated by ashlar-stack render. DO NOT EDIT.",
		"terraform": object{
			"required_version":   ">= 1.5",
			"required_providers": object{"aws": object{"source": "hashicorp/aws", "version": providerVersion}},
		},
		"provider": object{"aws": append([]any{object{"region": region}}, t.providers...)},
		"resource": t.resources,
	}
	if len(t.data) > 0 {
		doc["data"] = t.data
	}
	if len(t.outputs) > 0 {
		doc["output"] = t.outputs
	}
	if len(t.variables) > 0 {
		variables := object{}
		for name, sensitive := range t.variables {
			one := object{"type": "string"}
			if sensitive {
				one["sensitive"] = true
			}
			variables[name] = one
		}
		doc["variable"] = variables
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(doc)
	return out.Bytes(), err
}

// within returns the object under key, made where it is not there.
func within(o object, key string) object {
	inner, ok := o[key].(object)
	if !ok {
		inner = object{}
		o[key] = inner
	}
	return inner
}
