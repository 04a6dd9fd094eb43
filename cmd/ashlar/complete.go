package main

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// Completion is attached to the whole tree of verbs at once, by the words of each
// verb's Use: a new verb whose Use says PIPELINE completes pipelines without more
// code. What cannot be listed, because the blueprint has a mistake or there is no
// stack yet, is no candidate: a shell that completes must not print errors.

// cursor is where the cursor is: the verb, the words before it and the beginning of
// the word that is written.
type cursor struct {
	ctx  context.Context
	c    *cobra.Command
	args []string
	word string
}

// lister returns the candidates for a word, each with an optional description
// behind a tab.
type lister func(a *app, at cursor) []string

// listedWords are the words of a verb's Use that can be listed. It is the list that
// a new word is added to. DIR is completed as a folder, any other word as a file.
var listedWords = map[string]lister{
	"NAME": modelNames, "VERSION": versionsOf, "PIPELINE": pipelineNames, "STAGE": stagesOf,
	"RULE": ruleNames, "FIELD|CODE": fieldPaths,
	"SHELL": func(*app, cursor) []string { return slices.Sorted(maps.Keys(shells)) },
}

// listedFlags are the flags whose values can be listed.
var listedFlags = map[string]lister{
	"env": environmentNames, "through": stagesOf, "output": outputNames,
	"example": func(*app, cursor) []string { return examples.All() },
}

// folderFlags are the flags whose values are folders.
var folderFlags = map[string]bool{"dir": true, "state": true, "root": true}

// complete attaches the completion of words and flags to a verb and those below it.
func (a *app) complete(c *cobra.Command) {
	for _, below := range c.Commands() {
		a.complete(below)
	}
	if !c.HasSubCommands() && c.ValidArgsFunction == nil {
		c.ValidArgsFunction = a.completeWord
	}
	each := func(f *pflag.Flag) {
		list, listed := listedFlags[f.Name]
		if !listed && !folderFlags[f.Name] {
			return
		}
		// The only error is that the flag has a function already, which then stays.
		_ = c.RegisterFlagCompletionFunc(f.Name,
			func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
				if !listed {
					return nil, cobra.ShellCompDirectiveFilterDirs
				}
				return cursor{c.Context(), c, args, word}.candidates(a, list), cobra.ShellCompDirectiveNoFileComp
			})
	}
	c.Flags().VisitAll(each)
	c.PersistentFlags().VisitAll(each)
}

// useWords are the words behind the verb in its Use, up to the first flag. The last
// one stands for all that follow where it ends in dots.
func useWords(use string) (words []string, repeated bool) {
	for _, word := range strings.Fields(use)[1:] {
		if strings.HasPrefix(word, "--") || strings.HasPrefix(word, "[--") {
			break
		}
		repeated = strings.Contains(word, "...")
		words = append(words, strings.Trim(word, "[]."))
	}
	return words, repeated
}

func (a *app) completeWord(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if c.DisableFlagParsing {
		// The words are those of another program, which parses them.
		return nil, cobra.ShellCompDirectiveDefault
	}
	words, repeated := useWords(c.Use)
	n := len(args)
	if n >= len(words) {
		if !repeated {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		n = len(words) - 1
	}
	list, listed := listedWords[words[n]]
	switch {
	case listed:
		directive := cobra.ShellCompDirectiveNoFileComp
		if words[n] == "FIELD|CODE" {
			directive |= cobra.ShellCompDirectiveNoSpace // a path is completed a field at a time
		}
		return cursor{c.Context(), c, args, word}.candidates(a, list), directive
	case words[n] == "DIR":
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// candidates are those of the list that begin with the word. Not every shell's script
// filters them.
func (at cursor) candidates(a *app, list lister) []string {
	return slices.DeleteFunc(slices.Clone(list(a, at)),
		func(one string) bool { return !strings.HasPrefix(one, at.word) })
}

// flag is the value of the verb's flag, or "" where the verb does not have it.
func (at cursor) flag(name string) string {
	if f := at.c.Flag(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// dir is the folder of the blueprint that the command line is about.
func (at cursor) dir() string {
	if dir := at.flag("dir"); dir != "" {
		return dir
	}
	if words, _ := useWords(at.c.Use); len(words) > 0 && words[0] == "DIR" && len(at.args) > 0 {
		return at.args[0]
	}
	return "."
}

// plans are the blueprint's plans by environment; none where it has a mistake.
func (at cursor) plans() map[string]*plan.Plan {
	plans, err := blueprints.LoadAllDir(at.dir())
	if err != nil {
		return nil
	}
	if one, ok := plans[at.flag("env")]; ok {
		return map[string]*plan.Plan{one.Environment: one}
	}
	return plans
}

// names are the sorted names of one section in all of the plans at the cursor.
func (at cursor) names(of func(*plan.Plan) []string) []string {
	all := map[string]bool{}
	for _, p := range at.plans() {
		for _, name := range of(p) {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func environmentNames(_ *app, at cursor) []string {
	plans, err := blueprints.LoadAllDir(at.dir())
	if err != nil {
		return nil
	}
	delete(plans, plan.PreviewOverlay) // nothing runs in it
	return slices.DeleteFunc(slices.Sorted(maps.Keys(plans)), func(name string) bool { return name == "" })
}

func pipelineNames(_ *app, at cursor) []string {
	return at.names(func(p *plan.Plan) []string { return slices.Sorted(maps.Keys(p.Pipelines)) })
}

// stagesOf are the stages of the pipeline that is the word before.
func stagesOf(_ *app, at cursor) []string {
	if len(at.args) == 0 {
		return nil
	}
	return at.names(func(p *plan.Plan) (out []string) {
		nodes, err := p.Graph(at.args[0])
		if err != nil {
			return nil
		}
		for _, n := range nodes {
			out = append(out, n.Name)
		}
		return out
	})
}

// modelNames are the models that the blueprint declares and those that the local
// stack has registered: a model that was taken out of the blueprint keeps its versions.
func modelNames(a *app, at cursor) []string {
	out := at.names(func(p *plan.Plan) []string { return slices.Sorted(maps.Keys(p.Models)) })
	a.register(at, func(r *registry.Registry) {
		if have, err := r.Models(at.ctx); err == nil {
			out = append(out, have...)
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// versionsOf are the versions of the model that is the word before, newest first,
// with their status.
func versionsOf(a *app, at cursor) (out []string) {
	if len(at.args) == 0 {
		return nil
	}
	a.register(at, func(r *registry.Registry) {
		versions, err := r.Versions(at.ctx, at.args[0])
		if err != nil {
			return
		}
		for _, v := range versions {
			out = append(out, strconv.Itoa(v.Version)+"\t"+string(v.Status))
		}
	})
	return out
}

// register opens the local stack's registry for f where there is one. A cluster's
// registry is not asked: a key press must not wait for a network.
func (a *app) register(at cursor, f func(*registry.Registry)) {
	folder := local.StateOf(at.dir(), at.flag("state"), at.flag("env"))
	if !isFile(filepath.Join(folder, "registry.db")) {
		return
	}
	state, err := local.OpenState(at.ctx, folder, a.now)
	if err != nil {
		return
	}
	f(state.Registry)
	_ = state.Close() // it was only read
}

func ruleNames(_ *app, at cursor) (out []string) {
	var library policies.Library
	set, err := library.For(at.dir())
	if err != nil {
		return nil
	}
	for _, r := range set.Rules() {
		out = append(out, r.ID+"\t"+r.Title)
	}
	return out
}

func outputNames(_ *app, at cursor) []string {
	return append([]string{"text", "json"}, strings.Fields(at.c.Annotations["outputs"])...)
}
