package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/templates/dockerfile"
)

// dockerfileFlags are the flags of `ashlar generate dockerfile`.
type dockerfileFlags struct {
	out, version     string
	name, pip, conda string
	source, base     string
	requireHashes    bool
}

func generateDockerfileVerb(a *app) *cobra.Command {
	var f dockerfileFlags
	c := &cobra.Command{
		Use:   "dockerfile [COMMAND...]",
		Short: "Write a Dockerfile for the runtime or for a Python stage",
		Long: `Dockerfile writes a Dockerfile for teams that build images with Docker; ashlar image
build does not need Docker. Without --pip or --conda it builds the runtime image FROM
scratch. With one of them it builds the image of a Python stage with the environment
of that file, and COMMAND is what the container runs. Both images run as a non-root
user and on a read-only file system.`,
		Example: `  ashlar generate dockerfile --ashlar v1.2.0 --out Dockerfile
  ashlar generate dockerfile --pip requirements.txt --out train.Dockerfile -- python -m train
  ashlar generate dockerfile --conda environment.yml --name features -- python features.py`,
		RunE: func(_ *cobra.Command, args []string) error { return a.generateDockerfile(args, f) },
	}
	c.Flags().StringVar(&f.out, "out", "", "the output file (default: standard output)")
	c.Flags().StringVar(&f.version, "ashlar", "",
		"the version of Ashlar (default: this version if it is a release, else the source tree around the Dockerfile)")
	c.Flags().StringVar(&f.pip, "pip", "", "a requirements.txt below the Dockerfile")
	c.Flags().StringVar(&f.conda, "conda", "", "an environment.yml below the Dockerfile")
	c.Flags().StringVar(&f.name, "name", "stage", "the stage's name")
	c.Flags().StringVar(&f.source, "source", "", "the folder of the code below the Dockerfile (default: its own)")
	c.Flags().StringVar(&f.base, "base", "", "the base image (default: Debian's slim, with Python for pip)")
	c.Flags().BoolVar(&f.requireHashes, "require-hashes", false,
		"let pip refuse packages that are listed without a hash")
	return c
}

func (a *app) generateDockerfile(command []string, f dockerfileFlags) error {
	what, render := "the runtime's Dockerfile", dockerfile.Runtime{Version: orElse(f.version, ownVersion())}.Render
	switch {
	case f.pip != "" && f.conda != "":
		return usageError("--pip and --conda are two environments; use one")
	case f.pip+f.conda != "":
		p := dockerfile.Python{Name: f.name, Environment: dockerfile.Pip, File: f.pip, Command: command,
			Source: f.source, BaseImage: f.base, RequireHashes: f.requireHashes}
		if f.conda != "" {
			p.Environment, p.File = dockerfile.Conda, f.conda
		}
		what, render = "the Dockerfile of "+f.name, p.Render
	case len(command) > 0:
		return usageError("a command (" + strings.Join(command, " ") +
			") is of a stage in Python: name its environment with --pip or --conda")
	}
	text, err := render()
	if err != nil {
		return usageError("dockerfile: " + err.Error())
	}
	return a.writeGenerated(f.out, text, map[string]any{"file": f.out}, what)
}
