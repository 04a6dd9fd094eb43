package workflows

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"text/template"
)

// step is what a job runs, written once: its script is
// files/scripts/NAME.sh, a template over the view. A CI system adds where the
// values come from.
type step struct {
	name  string // of the script
	title string
	id    string // where a later step reads an output of it
	when  string // GitHub's condition; empty: always
	// Names of variables and of secrets that the script reads, of the
	// repository or of the job's environment. A secret reaches no other step.
	vars, secrets []string
	env           []setting
	path          string  // a folder whose programs later steps run
	export        setting // a variable of all later steps
	// What else each system runs at the script's end.
	github, gitlab string
}

// setting is a value that GitHub knows, as its expression, or the view, as a
// template.
type setting struct{ name, value string }

var token = setting{"GH_TOKEN", "${{ github.token }}"}

// steps are those of all jobs.
var steps = []step{
	{name: "release", title: "Install the programs of the release", env: []setting{token}, path: bin},
	{name: "compile", title: "Build the programs"},
	{name: "build", title: "Build the programs", when: "steps.programs.outputs.cache-hit != 'true'"},
	{name: "take", title: "Take the programs that this run built", path: bin},
	{name: "signin", title: "Sign in to AWS by OpenID Connect", vars: []string{"ASHLAR_AWS_ROLE", "AWS_REGION"}},
	{name: "pulumi", title: "Install Pulumi", path: "$RUNNER_TEMP/pulumi"},
	{name: "stack", title: "Put the Pulumi program where Pulumi.yaml names it"},

	{name: "check", title: "Check the blueprint and its policies"},
	{name: "record", title: "Record the plans for the merge"},
	{name: "impact", title: "Show the consequence", when: "${{ !cancelled() }}", env: []setting{
		{"BASE", "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}"}}},
	{name: "cases", title: "Try the policies' own cases"},
	{name: "fresh", title: "Prove that the workflows are those of the blueprint"},
	{name: "data", title: "Validate, train, evaluate and gate", env: []setting{user, objectKey, objectSecret, region},
		when: "vars.ASHLAR_PRIVATE_DATA != 'true' || vars.ASHLAR_DATA_ENVIRONMENT != ''"},
	{name: "later", title: "Say that the data is private",
		when: "vars.ASHLAR_PRIVATE_DATA == 'true' && vars.ASHLAR_DATA_ENVIRONMENT == ''"},
	{name: "tests", title: "Run the repository's own tests"},
	{name: "sarif", title: "Upload to code scanning", env: []setting{token}},

	{name: "reviewed", title: "Find what was reviewed", env: []setting{token}},
	{name: "gitlab-reviewed", title: "Find what was reviewed"},
	{name: "refuse", title: "Refuse any other plan"},
	{name: "image", title: "Build the image"},
	{name: "run", title: "Run it locally", env: []setting{user, objectKey, objectSecret, region}},
	{name: "login", title: "Sign in to the registry", vars: []string{"ASHLAR_IMAGE_REPOSITORY"}, env: []setting{
		{"REGISTRY_USER", "[[ if not .AWS ]]${{ secrets.REGISTRY_USER }}[[ end ]]"},
		{"REGISTRY_PASSWORD", "[[ if not .AWS ]]${{ secrets.REGISTRY_PASSWORD }}[[ end ]]"},
	}, export: setting{"DOCKER_CONFIG", "$RUNNER_TEMP/docker"}},
	{name: "push", title: "Build the image and push it", id: "push", vars: []string{"ASHLAR_IMAGE_REPOSITORY"},
		env: []setting{{"TAG", "${{ github.sha }}"}}, github: "echo \"pinned=$pinned\" >> \"$GITHUB_OUTPUT\"\n",
		gitlab: "echo \"IMAGE=$pinned\" > image.env\n"},
	{name: "kubeconfig", title: "Write the kubeconfig", secrets: []string{"KUBE_CONFIG"},
		export: setting{"KUBECONFIG", "$RUNNER_TEMP/kubeconfig"}},
	{name: "apply", title: "Apply", vars: state, secrets: stateSecrets, env: []setting{
		{"STACK", "[[ .Name ]]"}, {"IMAGE", "${{ needs.image.outputs.pinned }}"}, accessKey, secretKey}},
	{name: "compare", title: "Compare", vars: state, secrets: stateSecrets, env: []setting{
		{"STACK", "${{ matrix.stack }}"},
		{"PROVIDER", "[[ if .Kubernetes ]]${{ matrix.provider }}[[ end ]]"}, accessKey, secretKey, token},
		// The issue tells of findings: the job fails where it could not compare.
		github: "ashlar drift --env \"$STACK\" \"${compared[@]}\" --issue || [ $? = 1 ]\n",
		gitlab: "ashlar drift --env \"$STACK\" \"${compared[@]}\"\n"},

	{name: "retrain", title: "Train, evaluate and gate", env: []setting{
		{"ENVIRONMENT", "${{ [[ .Asked ]] }}"}, user, objectKey, objectSecret, region}},

	{name: "preview-config", title: "Take the config of previews"},
	{name: "preview-up", title: "Deploy the preview", vars: state, secrets: stateSecrets,
		env: []setting{pull, previewKey, previewSecret}},
	{name: "preview-train", title: "Train the candidate", vars: state, secrets: stateSecrets,
		env: []setting{pull, previewKey, previewSecret}},
	{name: "preview-comment", title: "Comment with the preview and its cost", vars: []string{"ASHLAR_PREVIEW_URL"},
		env: []setting{hubToken, thisRun}, github: "cat \"$RUNNER_TEMP/preview.md\" >> \"$GITHUB_STEP_SUMMARY\"\n" +
			"ashlar github comment \"$RUNNER_TEMP/preview.md\" --key preview\n",
		gitlab: "cp \"$RUNNER_TEMP/preview.md\" ashlar-preview.md\n"},
	{name: "preview-down", title: "Remove the preview, and prove it", vars: state, secrets: stateSecrets,
		env: []setting{pull, previewKey, previewSecret}},
	{name: "preview-gone", title: "Comment that it is gone", env: []setting{hubToken, thisRun}},
	{name: "preview-sweep", title: "Remove the previews of closed pull requests", vars: state, secrets: stateSecrets,
		env: []setting{token, {"GH_REPO", "${{ github.repository }}"}, previewKey, previewSecret}},

	{name: "scan", title: "Scan the CLI and the runtime of the workloads"},
}

// bin is where the programs are that jobs run.
const bin = "$RUNNER_TEMP/ashlar-bin"

var (
	user = setting{"ASHLAR_USER", "${{ github.actor }}"}
	// Where Pulumi's state is, and what opens it: a token of Pulumi Cloud, or the
	// passphrase of the secrets in it. A token that is not set is empty, which
	// Pulumi ignores; a passphrase is then the empty one.
	state        = []string{"PULUMI_BACKEND_URL"}
	stateSecrets = []string{"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"}
	// Where jobs do not sign in to AWS: keys that read the data.
	objectKey    = setting{"AWS_ACCESS_KEY_ID", "[[ if .Keys ]]${{ secrets.AWS_ACCESS_KEY_ID }}[[ end ]]"}
	objectSecret = setting{"AWS_SECRET_ACCESS_KEY", "[[ if .Keys ]]${{ secrets.AWS_SECRET_ACCESS_KEY }}[[ end ]]"}
	region       = setting{"AWS_REGION", "[[ if .Keys ]]${{ vars.AWS_REGION }}[[ end ]]"}
	// Without AWS: keys of the object store, which may have the state too.
	accessKey = setting{"AWS_ACCESS_KEY_ID", "[[ if .Kubernetes ]]${{ secrets.AWS_ACCESS_KEY_ID }}[[ end ]]"}
	secretKey = setting{"AWS_SECRET_ACCESS_KEY", "[[ if .Kubernetes ]]${{ secrets.AWS_SECRET_ACCESS_KEY }}[[ end ]]"}
)

// What the jobs of previews are told. The keys are the object store's, and of the
// state's bucket where that is one.
var (
	pull          = setting{"NUMBER", "${{ github.event.pull_request.number }}"}
	thisRun       = setting{"RUN", "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}"}
	hubToken      = setting{"GITHUB_TOKEN", "${{ github.token }}"}
	previewKey    = setting{"AWS_ACCESS_KEY_ID", "${{ secrets.AWS_ACCESS_KEY_ID }}"}
	previewSecret = setting{"AWS_SECRET_ACCESS_KEY", "${{ secrets.AWS_SECRET_ACCESS_KEY }}"}
)

func unknown(what, name string) error { return fmt.Errorf("workflows: no %s %q", what, name) }

// find is the step of the name.
func find(name string) (step, error) {
	for _, s := range steps {
		if s.name == name {
			return s, nil
		}
	}
	return step{}, unknown("step", name)
}

// script is the text that a shell runs for the view.
func (s step) script(v any) (string, error) {
	name := s.name + ".sh"
	t, err := template.New(name).Delims("[[", "]]").Option("missingkey=error").
		ParseFS(files, path.Join("files/scripts", name), "files/scripts/gone.tmpl")
	if err != nil {
		return "", fmt.Errorf("workflows: %w", err)
	}
	return filled(t, v)
}

// hub is the step in a workflow of GitHub.
func (s step) hub(v any) (string, error) {
	var out strings.Builder
	line := func(indent int, format string, args ...any) {
		fmt.Fprintf(&out, strings.Repeat(" ", indent)+format+"\n", args...)
	}
	line(6, "- name: %s", s.title)
	if s.id != "" {
		line(8, "id: %s", s.id)
	}
	if s.when != "" {
		line(8, "if: %s", s.when)
	}
	env, err := s.settings(v)
	if err != nil {
		return "", err
	}
	if len(env) > 0 {
		line(8, "env:")
	}
	for _, one := range env {
		line(10, "%s: %s", one.name, one.value)
	}
	text, err := s.script(v)
	if err != nil {
		return "", err
	}
	text += s.github
	if s.path != "" {
		text += fmt.Sprintf("echo \"%s\" >> \"$GITHUB_PATH\"\n", s.path)
	}
	if s.export.name != "" {
		text += fmt.Sprintf("echo \"%s=%s\" >> \"$GITHUB_ENV\"\n", s.export.name, s.export.value)
	}
	line(8, "run: |")
	for l := range strings.Lines(text) {
		if l = strings.TrimRight(l, "\n"); l == "" {
			out.WriteByte('\n')
			continue
		}
		line(10, "%s", l)
	}
	return out.String(), nil
}

// githubStep is the step of the name in a workflow.
func githubStep(name string, v any) (string, error) { return githubStepIf(name, "", v) }

// githubStepIf is the step for the jobs, of a matrix, that meet the condition.
func githubStepIf(name, when string, v any) (string, error) {
	s, err := find(name)
	if err != nil {
		return "", err
	}
	if when != "" {
		s.when = when
	}
	return s.hub(v)
}

// settings are the variables of the script's environment, as GitHub fills them.
func (s step) settings(v any) ([]setting, error) {
	var out []setting
	for _, one := range s.env {
		t, err := template.New(one.name).Delims("[[", "]]").Parse(one.value)
		if err != nil {
			return nil, fmt.Errorf("workflows: %w", err)
		}
		value, err := filled(t, v)
		if err != nil {
			return nil, err
		}
		if value != "" {
			out = append(out, setting{one.name, value})
		}
	}
	for _, name := range s.vars {
		out = append(out, setting{name, "${{ vars." + name + " }}"})
	}
	for _, name := range s.secrets {
		out = append(out, setting{name, "${{ secrets." + name + " }}"})
	}
	return out, nil
}

func filled(t *template.Template, v any) (string, error) {
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return "", fmt.Errorf("workflows: %w", err)
	}
	return out.String(), nil
}
