package standing

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	configLine = regexp.MustCompile(`^config:\s*(#.*)?$`)
	entryLine  = regexp.MustCompile(`^(\s+)(["']?)([\w.-]+):([\w.-]+)["']?:`)
)

// Adopting returns a stack's config, as the file Pulumi.STACK.yaml has it, with adopt set
// to true. Nothing else of the text changes, comments included; one that has it already is
// returned as it is. A text without a block of config is an error.
func Adopting(text []byte) ([]byte, error) {
	lines := strings.Split(string(text), "\n")
	at := slices.IndexFunc(lines, configLine.MatchString)
	if at < 0 {
		return nil, fmt.Errorf("it has no line `config:` with keys below it; run `pulumi config set adopt true`")
	}
	space, indent := "ashlar", "  "
	set := false
	for i := at + 1; i < len(lines); i++ {
		if lines[i] != "" && !strings.HasPrefix(lines[i], " ") && !strings.HasPrefix(lines[i], "#") {
			break // the next block
		}
		entry := entryLine.FindStringSubmatch(lines[i])
		if entry == nil || entry[3] == "aws" || entry[3] == "kubernetes" || entry[3] == "pulumi" {
			continue
		}
		space, indent = entry[3], entry[1]
		if entry[4] == "adopt" {
			lines[i], set = entry[1]+space+`:adopt: "true"`, true
		}
	}
	if !set {
		lines = slices.Insert(lines, at+1, indent+space+`:adopt: "true"`)
	}
	out := []byte(strings.Join(lines, "\n"))
	var read struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(out, &read); err != nil {
		return nil, fmt.Errorf("it cannot be changed line by line; run `pulumi config set adopt true`: %w", err)
	}
	if read.Config[space+":adopt"] != "true" {
		return nil, fmt.Errorf("its keys are not below `config:`, one a line; run `pulumi config set adopt true`")
	}
	return out, nil
}
