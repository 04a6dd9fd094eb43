// Package flags finds the flags of a command line, for the tests that every flag has
// an effect.
package flags

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Of returns the names of the command's flags, inherited ones too, without help.
func Of(c *cobra.Command) (out []string) {
	each := func(f *pflag.Flag) {
		if f.Name != "help" && !slices.Contains(out, f.Name) {
			out = append(out, f.Name)
		}
	}
	c.Flags().VisitAll(each)
	c.InheritedFlags().VisitAll(each)
	return out
}

// Unlisted returns what the table lacks of the flags, and what it has that is no flag.
// The table's name is for the message.
func Unlisted[T any](names []string, table map[string]T, called string) (out []string) {
	for _, name := range names {
		if _, ok := table[name]; !ok {
			out = append(out, name+": nothing shows that the flag has an effect; add it to "+called)
		}
	}
	for name := range table {
		if !slices.Contains(names, name) {
			out = append(out, name+" is listed, and there is no such flag")
		}
	}
	return out
}
