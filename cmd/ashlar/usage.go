package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
)

// strict makes a command and those below it refuse what they do not know in the
// same words: what was found, the nearest that there is, and where to read on.
func strict(c *cobra.Command) {
	want := c.Args
	switch {
	case c.HasSubCommands():
		c.Args = knownVerb
	case want != nil:
		c.Args = func(c *cobra.Command, args []string) error { return wrongArguments(c, args, want(c, args)) }
	}
	for _, below := range c.Commands() {
		strict(below)
	}
}

// knownVerb refuses an argument of a command that only has verbs below it.
func knownVerb(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	hint := nearest.Hint(args[0], names)
	if hint == "" {
		hint = "there are " + strings.Join(names, ", ")
	}
	return usageError(fmt.Sprintf("%s has no verb %q; %s\nSee '%s --help'.", c.CommandPath(),
		args[0], hint, c.CommandPath()))
}

// wrongArguments puts cobra's words into ours.
func wrongArguments(c *cobra.Command, args []string, err error) error {
	if err == nil || errors.As(err, new(usageError)) {
		return err
	}
	message := fmt.Sprintf("%s: %v: %s", c.CommandPath(), err, strings.Join(args, " "))
	if strings.HasPrefix(err.Error(), "unknown command") {
		message = fmt.Sprintf("%s takes no arguments, found %s", c.CommandPath(), strings.Join(args, " "))
	}
	return usageError(fmt.Sprintf("%s\nSee '%s --help'.", message, c.CommandPath()))
}

// wrongFlag says what is wrong with a flag, and the nearest that there is.
func wrongFlag(c *cobra.Command, err error) error {
	message := err.Error()
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		if hint := nearest.Hint("--"+unknown.GetSpecifiedName(), flagNames(c)); hint != "" {
			message += "; " + hint
		}
	}
	return usageError(fmt.Sprintf("%s\nSee '%s --help'.", message, c.CommandPath()))
}

func flagNames(c *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	}
	c.Flags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	slices.Sort(names)
	return slices.Compact(names)
}
