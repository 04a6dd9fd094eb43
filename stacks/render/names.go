package render

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// names are the Terraform addresses of a recording's AWS resources and data
// sources.
type names struct {
	resources map[string]string // URN -> aws_s3_bucket.data
	data      map[string]string // name -> data.aws_region.region
}

// newNames gives every resource an address. Two with the same type and name, under
// different parents, are told apart by a hash of the URN, so that the address does
// not depend on their order.
func newNames(rec *record.Recording) names {
	n := names{resources: map[string]string{}, data: map[string]string{}}
	taken := map[string]bool{}
	for _, r := range rec.Resources {
		if r.Package() != "aws" || !r.Custom {
			continue
		}
		address := terraformType(r.Type) + "." + label(r.Name)
		if taken[address] {
			h := sha256.Sum256([]byte(r.URN))
			address += "-" + hex.EncodeToString(h[:3])
		}
		taken[address] = true
		n.resources[r.URN] = address
	}
	for _, d := range rec.Data {
		n.data[d.Name] = "data." + terraformData(d.Token) + "." + label(d.Name)
	}
	return n
}

// expression returns what a reference is in Terraform: an address and a path.
func (n names) expression(ref record.Reference) string {
	switch {
	case ref.Variable != "":
		return "var." + snake(ref.Variable)
	case ref.Data != "":
		return n.data[ref.Data] + attribute(typeOf(n.data[ref.Data]), ref.Path)
	default:
		return n.resources[ref.URN] + attribute(typeOf(n.resources[ref.URN]), ref.Path)
	}
}

// variable returns the name by which a manifest refers to a value.
func (n names) variable(ref record.Reference) string {
	return strings.Trim(notWord.ReplaceAllString(strings.TrimPrefix(n.expression(ref), "var."), "_"), "_")
}

// typeOf returns the Terraform type of an address.
func typeOf(address string) string {
	typ, _, _ := strings.Cut(strings.TrimPrefix(address, "data."), ".")
	return typ
}

// attribute writes a path into a type as Terraform does: an object that Pulumi
// flattened is a list of one there.
func attribute(terraformType string, path []string) string {
	var out strings.Builder
	for i, step := range path {
		if isIndex(step) {
			out.WriteString("[" + step + "]")
			continue
		}
		out.WriteString("." + property(terraformType, step))
		if i+1 < len(path) && !isIndex(path[i+1]) {
			out.WriteString("[0]")
		}
	}
	return out.String()
}

// isIndex reports whether a step of a path is an index of a list.
func isIndex(step string) bool { return strings.Trim(step, "0123456789") == "" }

var notWord = regexp.MustCompile(`\W+`)
var notLabel = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// label makes a Terraform label of a resource's name.
// Terraform's labels begin with a letter.
func label(name string) string {
	name = notLabel.ReplaceAllString(name, "_")
	if name == "" || !unicode.IsLetter(rune(name[0])) {
		name = "r_" + name
	}
	return name
}

// snake writes a camelCase name in snake_case: cidrIpv4 is cidr_ipv4.
// Each capital begins a word, as in Terraform's own provider: an acronym is written
// as one word in Pulumi's names.
func snake(name string) string {
	var out strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) {
			if i > 0 {
				out.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		out.WriteRune(r)
	}
	return out.String()
}

// Variable returns the variable of another stack's output: databaseHost is
// database_host in a manifest, in Terraform and in Options.Values.
func Variable(output string) string { return snake(output) }
