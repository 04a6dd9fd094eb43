package blueprints

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// originOf is the stage as it was written, of one that foreach or matrix made.
func originOf(stage string) string {
	origin, _, _ := strings.Cut(stage, "@")
	return origin
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// stage checks one custom stage by itself.
func (r *refs) stage(line, name string, p plan.Pipeline) {
	s, origin := p.Stages[name], originOf(name)
	at := func(rest ...string) []string {
		return append([]string{"pipelines", line, "stages", origin}, rest...)
	}
	r.name(origin, at()...)
	if i := slices.IndexFunc(plan.BuiltinStages,
		func(b plan.BuiltinStage) bool { return b.Name == origin }); p.Model != "" &&
		i >= 0 && name != plan.StageTrain {
		r.say(fmt.Sprintf("%s is a built-in stage", origin),
			"name the stage otherwise; only train can be replaced", at()...)
	}
	if s.Wdir != "" {
		r.clean("", s.Wdir, true, at("wdir")...)
	}
	for i, dep := range s.Deps {
		r.dep(s.Wdir, dep, p, at("deps", fmt.Sprint(i))...)
	}
	variables := map[string]string{}
	for i, param := range s.Params {
		r.param(param, p, at("params", fmt.Sprint(i))...)
		name := plan.ParamVariable(param)
		if other, taken := variables[name]; taken && other != param {
			r.say(fmt.Sprintf("params %q and %q would both be the variable %s", other, param, name),
				"rename one of them in the pipeline's params", at("params", fmt.Sprint(i))...)
			continue
		}
		variables[name] = param
	}
	for _, d := range []struct{ field, text string }{{"timeout", s.Timeout}, {"retry_delay", s.RetryDelay}} {
		r.duration(d.text, at(d.field)...)
	}
	r.resources(plan.Resources{CPU: s.CPU, Memory: s.Memory}, 0, r.within(at))
	r.image(s.Image, at("image")...)
	r.nodes(s.NodeSelector, s.Tolerations, at)
	r.surroundings(s, name, at)
}

// surroundings checks what the stage's commands find around them: an environment
// and variables.
func (r *refs) surroundings(s plan.Stage, name string, at func(...string) []string) {
	if e := s.Environment; e != nil {
		if (e.Conda == "") == (e.Pip == "") {
			r.say("an environment is conda or pip",
				`name the file, such as {pip: "requirements.txt"}`, at("environment")...)
		}
		if file := e.Conda + e.Pip; file != "" {
			r.clean("", file, false, at("environment")...)
		}
	}
	for key := range s.Env {
		if itemVariable.MatchString(key) && name != originOf(name) {
			continue // foreach and matrix have made it
		}
		if !variable.MatchString(key) || strings.HasPrefix(key, "ASHLAR_") {
			r.say(fmt.Sprintf("%q cannot be a variable of a stage", key),
				"use letters, digits and underscores; ASHLAR_ is taken", at("env", key)...)
		}
	}
}

// clean checks that a path, relative to the folder base, stays in the
// blueprint's folder and is written the short way.
func (r *refs) clean(base, p string, folder bool, at ...string) bool {
	full := path.Join(base, p)
	switch {
	case p == "" || path.IsAbs(p) || strings.Contains(p, `\`) || full == ".." || strings.HasPrefix(full, "../"):
		r.sayAs(source.WrongPath, fmt.Sprintf("%q leaves the blueprint's folder", p),
			"write a path below it, with slashes", at...)
	case path.Clean(p) != p || full == "." && !folder:
		r.sayAs(source.WrongPath, fmt.Sprintf("%q is not written the short way", p),
			fmt.Sprintf("write %q", path.Clean(p)), at...)
	case strings.ContainsFunc(p, func(c rune) bool { return c < ' ' }):
		r.sayAs(source.WrongPath, fmt.Sprintf("%q has characters that no path should", p), "", at...)
	default:
		return true
	}
	return false
}

func (r *refs) dep(base, dep string, p plan.Pipeline, at ...string) {
	stage, file, ok := plan.BuiltinDep(dep)
	if !ok {
		r.clean(base, dep, true, at...)
		return
	}
	if p.Model == "" {
		r.say(fmt.Sprintf("%s is of a built-in stage, and the pipeline has no model", dep),
			"name the model, or a path", at...)
		return
	}
	var all []string
	for _, b := range plan.BuiltinStages {
		for _, f := range b.Files {
			if _, own := p.Stages[b.Name]; !own {
				all = append(all, b.Name+":"+f)
			}
		}
	}
	r.among("file of a built-in stage", stage+":"+file, all, at...)
}

// param checks that the pipeline has the value.
func (r *refs) param(name string, p plan.Pipeline, at ...string) {
	if _, ok := plan.Param(p.Params, name); ok || name == plan.ParamDate {
		return
	}
	candidates := append(plan.ParamNames(p.Params), plan.ParamDate)
	hint := nearest.Hint(name, candidates)
	if hint == "" {
		hint = "the pipeline's params are " + source.Known(name, candidates)
	}
	r.sayAs(source.UnknownReference, fmt.Sprintf("the pipeline has no param %q", name), hint, at...)
}

// made checks that what stages make is theirs alone.
func (r *refs) made(line, name string, p plan.Pipeline, makers map[string]string) {
	s, origin := p.Stages[name], originOf(name)
	for _, field := range []struct {
		name  string
		paths []string
	}{{"outs", s.Outs}, {"metrics", s.Metrics}, {"plots", s.Plots}} {
		for i, made := range field.paths {
			at := []string{"pipelines", line, "stages", origin, field.name, fmt.Sprint(i)}
			if !r.clean(s.Wdir, made, false, at...) {
				continue
			}
			full := s.At(made)
			if other, how := overlap(full, makers); other != "" {
				r.say(fmt.Sprintf("%s is %s of stage %s", made, how, other),
					"each path has one maker; use ${item} in the path of a foreach or matrix", at...)
			}
			makers[full] = name
			for dir := path.Dir(full); dir != "."; dir = path.Dir(dir) {
				if _, taken := makers[dir+"/"]; !taken {
					makers[dir+"/"] = name
				}
			}
		}
	}
}

// overlap finds the maker of the path, of a folder around it or of something in
// it. Keys with a slash at the end are folders that something made lies in.
func overlap(p string, makers map[string]string) (maker, how string) {
	if m, ok := makers[p]; ok {
		return m, "made already: it is an out"
	}
	if m, ok := makers[p+"/"]; ok {
		return m, "a folder that contains an out"
	}
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if m, ok := makers[dir]; ok {
			return m, "inside an out"
		}
	}
	return "", ""
}
