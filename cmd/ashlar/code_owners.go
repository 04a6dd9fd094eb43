package main

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// codeOwners is the file that makes the owner review every change: the owner's
// team where the repository's owner is known, else the address.
func codeOwners(repository string, o plan.Owner) string {
	who := o.Email
	if org, _, ok := strings.Cut(repository, "/"); ok {
		who = "@" + org + "/" + o.Team
	}
	return fmt.Sprintf("# Who must agree to a change of the blueprint, its policies, its pins and their\n# evidence, and of the workflows that apply them.\n* %s\n", who)
}
