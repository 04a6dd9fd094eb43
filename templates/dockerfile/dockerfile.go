// Package dockerfile renders Dockerfiles for those who build images with
// Docker: the runtime's own, and one for a stage written in Python with a pip
// or a conda environment.
//
// They exist for teams whose pipelines already build Dockerfiles, and for what
// `ashlar image` does not do: Python has no single file to copy. Both images
// run as workloads must: not as root, on a file system that cannot be written
// but for /tmp.
package dockerfile

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"text/template"
	"unicode"
)

//go:embed files
var files embed.FS

const module = "github.com/ashlar-dev/ashlar"

// Runtime is the Dockerfile of the runtime's image.
type Runtime struct {
	Version string // of the Ashlar module, such as v1.2.0; empty: the source tree that the Dockerfile is in
	GoImage string // empty: the official image of the Go release that Ashlar is built with
}

var versions = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$`)

// Render returns the Dockerfile, or everything that is wrong.
func (r Runtime) Render() ([]byte, error) {
	if r.GoImage == "" {
		r.GoImage = "golang:1.26"
	}
	var problems []error
	if r.Version != "" && !versions.MatchString(r.Version) {
		problems = append(problems, fmt.Errorf("version %q: want one such as v1.2.0", r.Version))
	}
	problems = append(problems, checkImage("Go image", r.GoImage))
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return render("files/runtime.Dockerfile.tmpl",
		map[string]any{"Version": r.Version, "GoImage": r.GoImage, "Module": module})
}

// The environments of a Python stage.
const (
	Pip   = "pip"
	Conda = "conda"
)

// Python is the Dockerfile of a stage written in Python. Name, Environment,
// File and Command are required.
type Python struct {
	Name        string   // of the stage: lower-case letters, digits and dashes
	Environment string   // pip or conda
	File        string   // requirements.txt or environment.yml, below the Dockerfile
	Command     []string // what the container runs, such as python, -m, train
	Source      string   // folder of the code below the Dockerfile; empty: the Dockerfile's own
	// RequireHashes has pip refuse what the file names without a hash.
	RequireHashes bool
	BaseImage     string // empty: Debian's slim, with Python for pip
	CondaImage    string // that makes the environment; empty: micromamba's
}

var stageNames = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Render returns the Dockerfile, or everything that is wrong.
func (p Python) Render() ([]byte, error) {
	p = p.withDefaults()
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !stageNames.MatchString(p.Name) {
		say("name %q: want lower-case letters, digits and dashes", p.Name)
	}
	if p.Environment != Pip && p.Environment != Conda {
		say("environment %q: use pip or conda", p.Environment)
	}
	if p.Environment == Conda && p.CondaFile() == "" {
		say("environment file %q: want an environment (.yml), a lock file of conda-lock (-lock.yml) or an explicit list (.txt)", p.File)
	}
	if p.RequireHashes && p.Environment == Conda {
		say("hashes are pip's; for conda give a lock file with them (conda-lock)")
	}
	if len(p.Command) == 0 {
		say("no command: say what the container runs, such as python -m train")
	}
	for _, word := range p.Command {
		if word == "" || strings.ContainsFunc(word, unicode.IsControl) {
			say("command: %q is not a word of a command", word)
		}
	}
	problems = append(problems, checkPath("environment file", p.File), checkPath("source", p.Source),
		checkImage("base image", p.BaseImage), checkImage("conda image", p.CondaImage))
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return render("files/python.Dockerfile.tmpl", p)
}

func (p Python) withDefaults() Python {
	if p.Source == "" {
		p.Source = "."
	}
	if p.BaseImage == "" {
		p.BaseImage = "python:3.12-slim-bookworm"
		if p.Environment == Conda {
			p.BaseImage = "debian:bookworm-slim" // conda brings its own Python
		}
	}
	if p.CondaImage == "" {
		p.CondaImage = "mambaorg/micromamba:2.3.0"
	}
	return p
}

// CondaFile is the environment's name in the image. Micromamba takes it for what
// its ending says; "" for one that it would not know.
func (p Python) CondaFile() string {
	for _, ending := range []string{"-lock.yml", "-lock.yaml", ".yml", ".yaml", ".txt"} {
		if strings.HasSuffix(p.File, ending) {
			return "environment" + ending
		}
	}
	return ""
}

// checkPath refuses what is not below the Dockerfile, or could be read as more
// than one word.
func checkPath(what, file string) error {
	clean := path.Clean(file)
	if file == "" || path.IsAbs(file) || clean == ".." || strings.HasPrefix(clean, "../") ||
		strings.ContainsFunc(file, unicode.IsControl) {
		return fmt.Errorf("%s %q: want a path below the Dockerfile", what, file)
	}
	return nil
}

// images are references as Docker writes them, a registry with a port and a
// digest included.
var images = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*(:[0-9]+/[A-Za-z0-9._/-]+)?(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$`)

func checkImage(what, image string) error {
	if !images.MatchString(image) {
		return fmt.Errorf("%s %q: want a reference such as python:3.12-slim", what, image)
	}
	return nil
}

func render(name string, view any) ([]byte, error) {
	t, err := template.New(path.Base(name)).Funcs(template.FuncMap{"json": encoded}).ParseFS(files, name)
	if err != nil {
		return nil, fmt.Errorf("dockerfile: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("dockerfile: %w", err)
	}
	return out.Bytes(), nil
}

// encoded is a text, or a list of words, in the form of JSON that Docker takes
// to mean exactly that: no shell, no word splitting.
func encoded(v any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSpace(out.String()), err
}
