package main

import "github.com/spf13/pflag"

// Flags that several verbs have are declared here, so that they are spelt and
// described in one way.

// dirFlag is where a verb finds the blueprint.
func dirFlag(flags *pflag.FlagSet, dir *string) {
	flags.StringVarP(dir, "dir", "C", ".", "the blueprint's folder")
}

// envFlag is the environment that a verb is about.
func envFlag(flags *pflag.FlagSet, environment *string) {
	flags.StringVarP(environment, "env", "e", "", "the environment (default: dev, or the first declared)")
}

// stateFlag is where a verb finds the local stack.
func stateFlag(flags *pflag.FlagSet, state *string) {
	flags.StringVar(state, "state", "", "the folder of the local stack's state (default: .ashlar in the blueprint's folder)")
}

// identityFlag is who acts. name is "by" for a decision and "as" for work that is
// recorded; what says what is done.
func identityFlag(flags *pflag.FlagSet, identity *string, name, what string) {
	flags.StringVar(identity, name, "", what+" (default: $ASHLAR_USER, else the login name)")
}
