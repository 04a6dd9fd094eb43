package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var (
	actionForm = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)
	sidForm    = regexp.MustCompile(`^[A-Za-z0-9]*$`)
	reads      = regexp.MustCompile(`:(Describe|List|Get|BatchGet)[A-Za-z0-9]*$`)
)

// Check returns everything that keeps the statements from being the policy of
// a role, joined: a pattern where an action must be spelled out, an action on
// every resource that does more than read, a resource that is not an ARN, a
// principal. Resources that are not known yet are checked by Document.
func Check(statements []Statement) error {
	var found []error
	for i, s := range statements {
		name := s.Sid
		if name == "" {
			name = fmt.Sprintf("%d", i+1)
		}
		for _, problem := range s.problems() {
			found = append(found, fmt.Errorf("statement %s: %w", name, problem))
		}
	}
	return errors.Join(found...)
}

// problems are what is wrong with the statement as far as it is known before anything
// is deployed: patterns of actions, and actions on everything that do more than read.
func (s Statement) problems() []error {
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf(format, args...)) }
	if !sidForm.MatchString(s.Sid) {
		say("sid %q: letters and digits only", s.Sid)
	}
	if s.Principals.document() != nil {
		say("the policy of a role names no principal")
	}
	if len(s.Actions) == 0 {
		say("no action: name what is allowed, such as s3:GetObject")
	}
	for _, a := range s.Actions {
		switch {
		case strings.Contains(a, "*"):
			say("action %q is a pattern: spell out each action", a)
		case !actionForm.MatchString(a):
			say("action %q: want service:Action, such as s3:GetObject", a)
		case s.Unscoped && !s.Deny && !reads.MatchString(a):
			say("action %q on every resource: name the resources, for only actions that read may go without", a)
		}
	}
	switch {
	case len(s.Except) > 0 && !s.Unscoped:
		say("resources are left out of what is not everything: leave Except out, or set Unscoped")
	case s.Unscoped && len(s.Resources) > 0:
		say("both resources and Unscoped: keep the resources")
	case !s.Unscoped && len(s.Resources) == 0:
		say("no resource: name ARNs")
	}
	for _, r := range append(s.Resources[:len(s.Resources):len(s.Resources)], s.Except...) {
		if r == nil {
			say("a resource is nil")
		} else if text, ok := r.(pulumi.String); ok {
			if err := checkResource(string(text), true); err != nil {
				found = append(found, err)
			}
		}
	}
	for _, c := range s.Conditions {
		if c.Test == "" || c.Key == "" || len(c.Values) == 0 {
			say("condition %s %s: want a test, a key and values", c.Test, c.Key)
		}
	}
	return found
}

// checkResource refuses "*", a pattern for the partition or the service, and a
// pattern for the whole resource. Where strict, the text must be an ARN: what
// is known early is written by us, what comes late may be any reference.
func checkResource(arn string, strict bool) error {
	if strings.Trim(arn, "*?") == "" {
		return fmt.Errorf("resource %q is everything: name the resource", arn)
	}
	part := strings.SplitN(arn, ":", 6)
	if len(part) < 6 || part[0] != "arn" {
		if strict {
			return fmt.Errorf("resource %q: want an ARN, arn:partition:service:region:account:resource", arn)
		}
		return nil
	}
	if strings.ContainsAny(part[1]+part[2], "*?") {
		return fmt.Errorf("resource %q: the partition and the service of an ARN cannot be patterns", arn)
	}
	if strings.Trim(part[5], "*?") == "" {
		return fmt.Errorf("resource %q is everything in its service: name the resource", arn)
	}
	return nil
}
