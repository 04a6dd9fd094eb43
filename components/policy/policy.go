// Package policy writes IAM policy documents from typed statements, so that
// what a role may do can be checked before anything is registered: an action
// is spelled out, never a pattern, and a resource is named. The components
// that hold policies (keys, buckets, identities) share it, because a document
// written as text in each of them would be checked in none.
package policy

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// version is the version of IAM's policy language, not a date of ours.
const version = "2012-10-17"

// Statement is one statement of a policy document. The zero Deny allows.
type Statement struct {
	Sid  string // letters and digits
	Deny bool
	// Principals is empty in the policy of a role, required in a trust policy
	// and in the policy of a resource.
	Principals Principals
	Actions    []string             // "s3:GetObject": no pattern, but in a Deny
	Resources  []pulumi.StringInput // ARNs; the tail may be a pattern: "arn:aws:s3:::bucket/*"
	Conditions []Condition          // all of them must hold
	// Unscoped says that AWS offers no resource to limit the actions to: the
	// resource is "*". Check accepts it for actions that only read.
	Unscoped bool
	// Except are ARNs that an Unscoped statement does not speak of.
	Except []pulumi.StringInput
}

// Principals is who a statement speaks of.
type Principals struct {
	Services  []string             // "pods.eks.amazonaws.com"
	AWS       []pulumi.StringInput // ARNs of accounts' roots, roles and users
	Federated []pulumi.StringInput // ARNs of identity providers
	// Anyone is "*". It is for Deny, and for statements whose conditions name
	// the principal where IAM accepts no ARN (a role that may not exist yet).
	Anyone bool
}

// Condition is one condition: Test "StringEquals", Key "aws:SourceAccount".
// It holds when any of the values matches.
type Condition struct {
	Test   string
	Key    string
	Values []pulumi.StringInput
}

// When returns a condition of one value.
func When(test, key string, value pulumi.StringInput) Condition {
	return Condition{Test: test, Key: key, Values: []pulumi.StringInput{value}}
}

// Document returns the statements as a JSON document, in the order given.
// A resource that turns out to be "*" in a statement that is not Unscoped is
// an error of the returned output: what Check cannot see because the value is
// not known yet is refused when it is.
func Document(statements ...Statement) pulumi.StringOutput {
	var out []any
	for _, s := range statements {
		out = append(out, s.document())
	}
	return pulumi.JSONMarshal(map[string]any{"Version": version, "Statement": out})
}

// document is the statement as IAM reads it. Resources are outputs that err when they
// resolve to "*", which Check cannot see before.
func (s Statement) document() map[string]any {
	doc := map[string]any{"Effect": "Allow", "Action": s.Actions}
	if s.Deny {
		doc["Effect"] = "Deny"
	}
	if s.Sid != "" {
		doc["Sid"] = s.Sid
	}
	if p := s.Principals.document(); p != nil {
		doc["Principal"] = p
	}
	switch {
	case s.Unscoped && len(s.Except) > 0:
		doc["NotResource"] = named(s.Except)
	case s.Unscoped:
		doc["Resource"] = "*"
	case len(s.Resources) > 0:
		doc["Resource"] = named(s.Resources)
	}
	if len(s.Conditions) > 0 {
		tests := map[string]any{}
		for _, c := range s.Conditions {
			keys, _ := tests[c.Test].(map[string]any)
			if keys == nil {
				keys = map[string]any{}
				tests[c.Test] = keys
			}
			keys[c.Key] = list(c.Values)
		}
		doc["Condition"] = tests
	}
	return doc
}

// document is the principal of a policy on a resource; nil in the policy of a role,
// which has none.
func (p Principals) document() any {
	if p.Anyone {
		return "*"
	}
	doc := map[string]any{}
	if len(p.Services) > 0 {
		doc["Service"] = p.Services
	}
	if len(p.AWS) > 0 {
		doc["AWS"] = list(p.AWS)
	}
	if len(p.Federated) > 0 {
		doc["Federated"] = list(p.Federated)
	}
	if len(doc) == 0 {
		return nil
	}
	return doc
}

// named returns resources that refuse to become "*".
func named(resources []pulumi.StringInput) []any {
	var out []any
	for _, r := range resources {
		out = append(out, r.ToStringOutput().ApplyT(func(arn string) (string, error) {
			return arn, checkResource(arn, false)
		}))
	}
	return out
}

// list is the values as JSON's, to be awaited when the document is marshalled.
func list(values []pulumi.StringInput) []any {
	var out []any
	for _, v := range values {
		out = append(out, v)
	}
	return out
}
