package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/tests/flags"
)

// The law of effect for flags: every flag of every verb changes something that
// can be seen. The verbs and their flags are found, their effects listed.

// flagEffect are two ways to call a verb that must end differently.
type flagEffect struct {
	line     string // of the verb, where its usual one shows nothing
	from, to string // without the flag and with it, or with two values
}

// verbEffects say how a verb is called, and what each of its flags changes.
type verbEffects struct {
	line  string // what the verb needs to do something
	then  string // further lines, ";" between them, that show what it did
	flags map[string]flagEffect
}

// flagTables is the list that a table is added to.
var flagTables = []map[string]verbEffects{modelFlags, accessFlags, runFlags, blueprintFlags, generateFlags, imageFlags,
	bundleFlags, githubFlags, bootstrapFlagEffects, driftFlagEffects, adoptFlagEffects, costFlagEffects, releaseFlags}

// usualFlags are what flags change that many verbs have, where a verb's own
// table does not say otherwise.
var usualFlags = map[string]flagEffect{
	"output":   {to: "--output json"},
	"verbose":  {to: "--verbose"},
	"dir":      {to: "--dir $c"},
	"state":    {to: "--state $c/.ashlar"},
	"registry": {line: "-", from: "--registry $pg", to: "--registry $pg/other"},
}

// scene runs a command line in a world of its own and returns all that can be
// seen of it.
type scene func(line, then string) string

// effects returns, by verb and flag, how the flag is to be shown, and what is
// wrong with the tables.
func effects(verbs []*cobra.Command, tables []map[string]verbEffects) (map[[2]string]flagEffect,
	map[string]verbEffects, []string) {
	all, listed := map[[2]string]flagEffect{}, map[string]verbEffects{}
	var wrong []string
	for _, t := range tables {
		for verb, e := range t {
			listed[verb] = e
		}
	}
	there := map[string]bool{}
	for _, c := range verbs {
		_, verb, _ := strings.Cut(c.CommandPath(), " ")
		there[verb] = true
		own, ok := listed[verb]
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: nothing shows that its flags have an effect; add it to a table of flagTables", verb))
			continue
		}
		names := flags.Of(c)
		for _, name := range names {
			e, ok := own.flags[name]
			if !ok {
				e, ok = usualFlags[name]
			}
			if !ok {
				wrong = append(wrong, fmt.Sprintf("%s --%s: nothing shows that it has an effect; add it to the verb's table", verb, name))
				continue
			}
			all[[2]string{verb, name}] = e
		}
		for name := range own.flags {
			if !slices.Contains(names, name) {
				wrong = append(wrong, fmt.Sprintf("%s --%s is listed, and there is no such flag", verb, name))
			}
		}
	}
	for verb := range listed {
		if !there[verb] {
			wrong = append(wrong, verb+" is listed, and there is no such verb")
		}
	}
	return all, listed, wrong
}

// noEffect looks at the verb without and with the flag and returns what is wrong.
func noEffect(verb, flag string, own verbEffects, e flagEffect, look scene) string {
	line := own.line
	switch e.line {
	case "":
	case "-": // the verb without its folder
		line = strings.TrimSpace(strings.NewReplacer("--dir $b", "", "--dir $c", "").Replace(line))
	default:
		line = e.line
	}
	from, to := verb+" "+line+" "+e.from, verb+" "+line+" "+e.to
	if !strings.Contains(e.to, "--"+flag) && !strings.Contains(e.from, "--"+flag) {
		return "its entry does not use the flag"
	}
	before, after := look(from, own.then), look(to, own.then)
	for _, seen := range []string{before, after} {
		if strings.Contains(seen, "unknown flag") || strings.Contains(seen, "exit code 3") && flag != "registry" {
			return fmt.Sprintf("the entry is wrong:\n%s", seen)
		}
	}
	equal := func(a, b string) bool { return a == b }
	if verb == "up" {
		equal = same
	}
	if equal(before, after) {
		return fmt.Sprintf("nothing changes from\n  ashlar %s\nto\n  ashlar %s\nwhich is\n%s", from, to, before)
	}
	if again := look(from, own.then); !equal(again, before) {
		return fmt.Sprintf("two runs of the same differ, so that nothing was compared:\n%s", difference(before, again))
	}
	return ""
}

// same compares the lines of texts, whatever their order: up runs pipelines side
// by side, and what they tell mixes, under a heading each time.
func same(a, b string) bool {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	slices.Sort(one)
	slices.Sort(other)
	return slices.Equal(slices.Compact(one), slices.Compact(other))
}

// difference is each line that only one of the texts has.
func difference(a, b string) string {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for _, line := range one {
		if !slices.Contains(other, line) {
			out = append(out, "- "+line)
		}
	}
	for _, line := range other {
		if !slices.Contains(one, line) {
			out = append(out, "+ "+line)
		}
	}
	return strings.Join(out, "\n")
}

func TestEveryFlagHasAnEffect(t *testing.T) {
	w := newFlagWorld(t)
	all, listed, wrong := effects(leaves((&app{}).root()), flagTables)
	for _, one := range wrong {
		t.Error(one)
	}
	var mu sync.Mutex
	seen := map[string]func() string{} // what two entries look at is run once
	for at, e := range all {
		verb, flag := at[0], at[1]
		t.Run(verb+" --"+flag, func(t *testing.T) {
			t.Parallel()
			times := map[string]int{}
			look := func(line, then string) string {
				times[line]++
				key := fmt.Sprint(times[line], " ", line, " ", then)
				mu.Lock()
				if seen[key] == nil {
					seen[key] = sync.OnceValue(func() string { return w.look(t, line, then) })
				}
				f := seen[key]
				mu.Unlock()
				return f()
			}
			if problem := noEffect(verb, flag, listed[verb], e, look); problem != "" {
				t.Error(problem)
			}
		})
	}
	t.Logf("%d flags of %d verbs", len(all), len(listed))
}

// TestTheLawOfFlagsBites plants a flag that nothing reads, one that nobody has
// listed, and an entry of a flag that is not there.
func TestTheLawOfFlagsBites(t *testing.T) {
	planted := func() *cobra.Command {
		root := &cobra.Command{Use: "ashlar"}
		c := &cobra.Command{Use: "planted",
			RunE: func(c *cobra.Command, _ []string) error { c.Println("done"); return nil }}
		c.Flags().String("nothing", "", "")
		root.AddCommand(c)
		return root
	}
	look := func(line, _ string) string {
		var said bytes.Buffer
		root := planted()
		root.SetArgs(strings.Fields(line))
		root.SetOut(&said)
		root.SetErr(&said)
		if err := root.ExecuteContext(context.Background()); err != nil {
			return err.Error()
		}
		return said.String()
	}
	table := verbEffects{flags: map[string]flagEffect{"nothing": {to: "--nothing x"}}}
	if problem := noEffect("planted", "nothing", table, table.flags["nothing"],
		look); !strings.Contains(problem, "nothing changes") {
		t.Errorf("a flag without effect goes unnoticed: %q", problem)
	}
	if problem := noEffect("planted", "other", table, table.flags["nothing"], look); !strings.Contains(problem,
		"does not use the flag") {
		t.Errorf("an entry that uses another flag goes unnoticed: %q", problem)
	}
	for want, tables := range map[string][]map[string]verbEffects{
		"planted --nothing: nothing shows": {{"planted": {}}},
		"planted: nothing shows":           nil,
		"planted --gone is listed, and there is no such flag": {{"planted": {flags: map[string]flagEffect{"nothing": {},
			"gone": {}}}}},
		"gone is listed, and there is no such verb": {{"planted": table, "gone": {}}},
	} {
		if _, _, wrong := effects(leaves(planted()), tables); !strings.Contains(strings.Join(wrong, "\n"), want) {
			t.Errorf("%q is not among %q", want, wrong)
		}
	}
}

// clockwork is what differs between two runs of the same.
var clockwork = []struct {
	at *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`\d{8}T\d{6}\.\d{9}Z`), "RUN"},
	{regexp.MustCompile(`\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{12}(, manifest sha256:[0-9a-f]{64})?`), "BACKUP"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`), "CLOCK"},
	{regexp.MustCompile(` +\d+(\.\d+)? m?s\b( {2,})?`), " TOOK "},
	{regexp.MustCompile(`\d+(\.\d+)?m?s of CPU, \d+(\.\d+)? [KMG]iB`), "USED"},
	{regexp.MustCompile(`TOOK +`), "TOOK "},
	{regexp.MustCompile(`took=\S+|duration=\S+`), "TOOK"},
	{regexp.MustCompile(`"(duration|elapsed|took|cpu_seconds|cpu|memory|max_memory|peak_memory|rss)": ?[0-9.e-]+`),
		`"$1": N`},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`ashlar_[a-z2-7]{16}_[a-z2-7]{52}`), "SECRET"},
	{regexp.MustCompile(`\b[a-z2-7]{16}\b`), "ID"},
}
