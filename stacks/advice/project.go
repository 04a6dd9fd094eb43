package advice

import (
	"path/filepath"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

const projectRule = "stack/project"

// commonProject is what Pulumi.yaml once called the project of every new repository.
const commonProject = "ashlar"

// maxProject bounds a Pulumi.yaml.
const maxProject = 1 << 20

// Project is the advice on the Pulumi.yaml beside a blueprint. To Pulumi, stacks of one
// name in one project are one stack, whichever repository they come from, and what a
// stack has is named after the project. The file is read line by line, since all that
// counts is a key at its top level.
func Project(dir string, p *plan.Plan) []policies.Finding {
	file := filepath.Join(dir, "Pulumi.yaml")
	text, err := plan.ReadFile(file, maxProject)
	if err != nil {
		return nil // there is none, or Pulumi says what is wrong with it
	}
	for i, line := range strings.Split(string(text), "\n") {
		value, is := strings.CutPrefix(line, "name:")
		if !is || strings.Trim(value, " \t\r\"'") != commonProject {
			continue
		}
		return []policies.Finding{{
			Policy: projectRule, Title: "A project is named after its repository", Level: plan.Advisory,
			About: policies.Blueprint, Subject: p.Name, Environments: []string{p.Environment},
			File: file, Line: i + 1, Col: 1,
			Message: "blueprint " + p.Name + ": Pulumi's project is called " + commonProject +
				", as in other repositories",
			Reason: "a stack of another repository with this project and name is the same stack: deploying one replaces the other",
			Fix:    "name it OWNER-REPOSITORY; a stack that is deployed already follows by `pulumi stack rename organization/OWNER-REPOSITORY/STACK`",
		}}
	}
	return nil
}
