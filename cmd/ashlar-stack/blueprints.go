package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// blueprintsKey is the config key that names the folders of blueprints,
// relative to the project's.
const blueprintsKey = "blueprints"

// chosen returns the folders that the config names, or those found.
func chosen(root, named string) ([]string, error) {
	if named == "" {
		return blueprints.Find(root)
	}
	var dirs []string
	if strings.HasPrefix(named, "[") {
		if err := json.Unmarshal([]byte(named), &dirs); err != nil {
			return nil, fmt.Errorf("config ashlar:%s: %s is not a list of folders", blueprintsKey, named)
		}
	} else {
		dirs = strings.Split(named, ",")
	}
	for i, dir := range dirs {
		if dir = strings.TrimSpace(dir); !filepath.IsAbs(dir) {
			dir = filepath.Join(root, dir)
		}
		dirs[i] = dir
	}
	if len(dirs) == 0 {
		return blueprints.Find(root)
	}
	return dirs, nil
}

// loaded are the blueprints of one environment, with the rules that hold of each.
type loaded struct {
	plans   []*plan.Plan
	folders map[string]string // by blueprint
	sets    []*policies.Set   // of each plan
}

// load returns the plans of the blueprints in one environment, in order of
// their folders, or every problem of all of them.
func load(dirs []string, provider, environment string) (*loaded, error) {
	if _, ok := plan.PreviewNumber(environment); ok && provider == config.ProviderAWS {
		return nil, fmt.Errorf("environment %s is the preview of a pull request, and on AWS there are none: roles, buckets and schemas are made with the foundation, for the tenants that its config lists; set provider to kubernetes, with a store and a database of previews", environment)
	}
	var loader blueprints.Loader
	var library policies.Library
	var problems blueprints.Problems
	out := &loaded{folders: map[string]string{}}
	for _, dir := range dirs {
		all, err := loader.LoadDir(dir, environment)
		var set *policies.Set
		if err == nil {
			set, err = library.For(dir)
		}
		var found blueprints.Problems
		if errors.As(err, &found) {
			for _, p := range found {
				p.File = filepath.Join(dir, p.File)
				problems = append(problems, p)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		one := set.Attach(all[environment].Plan) // the runtime enforces them
		out.plans, out.folders[one.Name], out.sets = append(out.plans, one), dir, append(out.sets, set)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}
