package main

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/stacks/account/accounttest"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

//go:embed testdata/flags/p.cue
var flagBlueprint string

// flagWorld is what the verbs of the law of effect are run on: a repository $b
// whose models are trained, promoted and served, and another one $c with runs
// under way. Each line gets copies of both.
type flagWorld struct {
	template string
	fixed    map[string]string // words of lines
	evidence string            // of version 2 in $b
	aws      *accounttest.Account
	awsUsers sync.Mutex // lines that use the account take turns
}

// blueprintNamed is the blueprint of another name.
func blueprintNamed(name string) string {
	return strings.Replace(flagBlueprint, `name: "p"`, fmt.Sprintf("name: %q", name), 1)
}

// newFlagWorld makes both repositories. Everything outside of them is quiet.
func newFlagWorld(t *testing.T) *flagWorld {
	t.Helper()
	binary := hello(t, "amd64")
	quiet(t)
	t.Setenv("GITHUB_TOKEN", githubtest.Token)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	w := &flagWorld{template: t.TempDir(), fixed: map[string]string{}}
	hub := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(hub.Close)
	w.fixed["$hub"] = strings.TrimPrefix(hub.URL, "http://")
	w.aws = accounttest.New(t)
	w.fixed["$opencost"] = newOpenCost(t)
	w.tools(t, binary)
	b, c := filepath.Join(w.template, "b"), filepath.Join(w.template, "c")
	w.repository(t, b, 3)
	w.repository(t, c, 4)
	w.running(t, c)
	w.fixed["$first"] = w.backups(t, b)
	evidence, err := os.ReadFile(filepath.Join(b, "evidence", "m-2.json"))
	if err != nil {
		t.Fatal(err)
	}
	w.evidence = string(evidence)
	t.Chdir(b) // for lines that name no folder; these may not write
	return w
}

// tools are what the lines name that lies in no repository.
func (w *flagWorld) tools(t *testing.T, binary string) {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"other":         string(text) + "\x00",
		"prices.json":   `{"date": "2026-01", "source": "ours", "currency": "USD", "cpu_hour": 7, "gib_hour": 7, "hours_month": 730}`,
		"comment.md":    "a comment\n",
		"table.csv":     "a,b,y,z\n" + strings.Repeat("1,2,x,p\n2,3,y,q\n5,9,x,p\n", 20),
		"objects.yaml":  "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: e, namespace: p}\nspec: {replicas: 1, template: {spec: {containers: [{name: e, image: x}]}}}\n",
		"packs/org.cue": pack("org", ""),
		"tight/tight.cue": pack("tight",
			`tighten: "org/named": {require: name: =~"-e$", reason: "endpoints end in e"}`),
		"preview.json":     `{"steps": [{"op": "create", "urn": "urn:pulumi:p::a::aws:s3/bucketV2:BucketV2::data"}]}`,
		"scaled.json":      scaledPreview,
		"Pulumi.prod.yaml": "config:\n  ashlar:environment: prod\n",
		// Of drift and adopt its report says what it was asked for; else it records what it is asked.
		"ashlar-stack": "#!/bin/sh\nif [ \"$1\" = drift ]; then " +
			`printf '{"compared": 1, "findings": [{"object": "Service n/s", "class": "security", "change": "changed", "found": "%s"}]}' "$*"` +
			"\nexit 0; fi\nif [ \"$1\" = adopt ]; then " +
			`printf '{"context": "%s", "objects": [{"kind": "Pod", "name": "p", "action": "import"}]}' "$*"` +
			"\nexit 0; fi\n" + costDouble + strings.TrimPrefix(stackDouble, "#!/bin/sh\n") +
			"sed -n 's/^{\"key\":\"\\([^\"]*\\)\".*/\\1/p' | while read -r key; do case $key in */head) n=4;; *) n=1;; esac\n" +
			`printf '{"key":"%s","resources":[{"urn":"u","type":"kubernetes:apps/v1:Deployment","name":"e","properties":{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"e","namespace":"p"},"spec":{"replicas":%s,"template":{"spec":{"containers":[{"name":"e","resources":{"requests":{"cpu":"1","memory":"1Gi"}}}]}}}}}]}\n' "$key" $n; done` + "\n",
	}
	maps.Copy(files, bundleFiles(t))
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	if err := os.Chmod(filepath.Join(dir, "ashlar-stack"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.fixed["$tools"], w.fixed["$hello"] = dir, binary
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, binary := range []string{binary, filepath.Join(dir, "other")} {
		do(t, "image", "build", "--binary", binary, "--out", filepath.Join(dir, filepath.Base(binary)+".tar"))
	}
	do(t, "bundle", "push", "oci://"+w.fixed["$hub"]+"/signed:1", "--from", filepath.Join(dir, "deploy"), "--key",
		filepath.Join(dir, "bundle.key"))
}

// pack is a policy pack with one rule that a folder's endpoint does not meet.
func pack(name, more string) string {
	return fmt.Sprintf(`package %[1]s

import "ashlar.dev/policy"

policy.#Pack & {
	name: "%[1]s"
	rules: {
		named: {
			title: "Endpoints of %[1]s are named after it"
			level: "advisory"
			about: "endpoint"
			require: name: =~"^%[1]s-"
			reason: "the name is what the pager says"
			fix:    "rename it"
			cases: {
				right: pass: name: "%[1]s-e"
				wrong: fail: name: "e"
			}
		}
		labelled: {
			title: "Deployments in production are labelled by %[1]s"
			about: "resource"
			match: {environment: "prod", type: "kubernetes:apps/v1:Deployment"}
			require: properties: metadata: labels: %[1]s: string
			reason: "labels say whose it is"
			fix:    "label it"
			cases: {
				right: pass: {environment: "prod", type: "kubernetes:apps/v1:Deployment", properties: metadata: labels: %[1]s: "x"}
				wrong: fail: {environment: "prod", type: "kubernetes:apps/v1:Deployment", properties: metadata: {}}
			}
		}
	}
	%[2]s
}
`, name, more)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// do runs a line that must work.
func do(t *testing.T, args ...string) string {
	t.Helper()
	var out, errw bytes.Buffer
	if code := run(t.Context(), args, closed{}, &out, &errw); code != plan.ExitOK && code != plan.ExitFindings {
		t.Fatalf("ashlar %s: exit code %d\n%s%s", strings.Join(args, " "), code, out.String(), errw.String())
	}
	return out.String()
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git",
		append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c",
			"commit.gpgsign=false"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_DATE=2026-11-01T00:00:00Z",
		"GIT_COMMITTER_DATE=2026-11-01T00:00:00Z")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}

// rowsOf are a table that a line through a and b divides.
func rowsOf(salt int) string {
	var out strings.Builder
	out.WriteString("a,b,y\n")
	for i := range 60 {
		y := "n"
		if b := i * (37 + salt) % 60; i+b/3 > 35 {
			y = "p"
		}
		fmt.Fprintf(&out, "%d,%d,%s\n", i, i*(37+salt)%60, y)
	}
	return out.String()
}

// repository trains two versions, approves both and promotes one after the
// other; the runs since then are due for their retention.
func (w *flagWorld) repository(t *testing.T, dir string, salt int) {
	t.Helper()
	text := blueprintNamed("p" + filepath.Base(dir))
	if salt > 3 {
		text = strings.NewReplacer("echo making", "echo making another", "echo made", "echo made anew",
			`schedule: "@daily"`, `schedule: "@hourly"`).Replace(text)
	}
	moved := filepath.Join(dir, "moved")
	write(t, filepath.Join(dir, "p.cue"), text)
	write(t, filepath.Join(moved, "p.cue"), text)
	write(t, filepath.Join(moved, "d.csv"), rowsOf(salt))
	write(t, filepath.Join(dir, ".gitignore"), ".ashlar/\n")
	own := "own" + filepath.Base(dir)
	write(t, filepath.Join(dir, "policies", own+".cue"), pack(own, ""))
	git(t, filepath.Dir(dir), "init", "-q", "-b", "main", "--template=", dir)
	write(t, filepath.Join(dir, ".ashlar", "previews", "pr-12", "registry.db"), "of a preview")
	write(t, filepath.Join(dir, "kept", "shop", "pr-12", "b", "objects", "o"), "of a preview")
	write(t, filepath.Join(dir, "kept", "stack.json"), `{"deployment": {"resources": [{"type": "kubernetes:core/v1:Service",
		"inputs": {"metadata": {"name": "e", "namespace": "n", "labels": {
		"app.kubernetes.io/component": "endpoint", "app.kubernetes.io/name": "e"}}}}]}}`)
	write(t, filepath.Join(dir, "kept", "other", "pr-7", "b", "objects", "o"), "of another one")
	for i, further := range []int{0, 1} {
		write(t, filepath.Join(dir, "d.csv"), rowsOf(salt+further))
		do(t, "up", "--build", dir)
		version := fmt.Sprint(i + 1)
		do(t, "model", "approve", "m", version, "--by", "ada", "--dir", dir)
		do(t, "model", "promote", "m", version, "--dir", dir)
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "-m", "Serve version "+version)
	}
	write(t, filepath.Join(moved, "p.cue"),
		strings.NewReplacer("max_value: 1000", "max_value: 10", "max: 5", "max: 9").Replace(text))
	w.fixed["$key"+filepath.Base(dir)] = newKeyID(t, dir)
	w.fixed["$run"] = strings.Fields(strings.Split(do(t, "runs", "list", "--model", "m", "--dir", dir), "\n")[2])[0]
	write(t, filepath.Join(dir, "d.csv"), rowsOf(salt+2))
	do(t, "up", "--build", "--env", "prod", dir)
	do(t, "pipeline", "run", "work", "--dir", dir)
	do(t, "pipeline", "run", "l", "--dir", dir)
	write(t, filepath.Join(dir, "d.csv"), rowsOf(salt+3))
}

// running puts records of runs under way into the state.
func (w *flagWorld) running(t *testing.T, dir string) {
	t.Helper()
	state, err := local.OpenState(t.Context(), filepath.Join(dir, ".ashlar"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	if _, _, err := state.Store.Put(t.Context(), strings.NewReader("nothing names this")); err != nil {
		t.Fatal(err)
	}
	releasing(t, state, "e", "f")
	for _, model := range []string{"m", "work"} {
		for _, id := range []string{"99991230T000000.000000000Z", "99991231T000000.000000000Z"} {
			text, err := json.Marshal(runs.Run{ID: id, Unit: model, Status: runs.Running})
			if err != nil {
				t.Fatal(err)
			}
			if err := state.Store.PutRef(t.Context(), "runs/"+model+"/"+id, text); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// account empties the AWS account for a line that uses it, and returns what says what
// the line changed there, and what lets the next line in.
func (w *flagWorld) account(line string) (changed func() string, leave func()) {
	if !strings.HasPrefix(line, "bootstrap") {
		return func() string { return "" }, func() {}
	}
	w.awsUsers.Lock()
	w.aws.Reset()
	return func() string { return fmt.Sprintln(w.aws.Changes()) }, w.awsUsers.Unlock
}

// look runs the line in a copy of the world.
func (w *flagWorld) look(t *testing.T, line, then string) string {
	t.Helper()
	root := t.TempDir()
	lines := []string{line}
	if then != "" {
		lines = append(lines, strings.Split(then, ";")...)
	}
	words := []string{"$root", root, "$unique", strings.ToLower(rand.Text())}
	for _, name := range []string{"b", "c"} {
		if dir := filepath.Join(root, name); strings.Contains(strings.Join(lines, " "), "$"+name) {
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(w.template, name))); err != nil {
				t.Fatal(err)
			}
			words = append(words, "$"+name, dir)
		}
	}
	words = append(words, w.away(t, line)...)
	var hubs []*githubtest.Server
	if strings.Contains(line, "$api") {
		hubs = []*githubtest.Server{newHub(t, w.evidence), newHub(t, w.evidence)}
		words = append(words, "$api2", hubs[1].URL, "$api", hubs[0].URL)
	}
	postgres := newPostgresDouble(t)
	words = append(words, "$pg/other", postgres.location("other"), "$pg", postgres.location("ashlar"),
		"$taken", postgres.address)
	var names []string
	for name, value := range w.fixed {
		words = append(words, name, value)
	}
	for i := 0; i < len(words); i += 2 {
		names = append(names, words[i+1], strings.ToUpper(words[i][1:]))
	}
	var seen strings.Builder
	changed, leave := w.account(line)
	defer leave()
	for _, one := range lines {
		var out, errw bytes.Buffer
		one = strings.NewReplacer(words...).Replace(one)
		if strings.Contains(one, "$") {
			t.Fatalf("%s: there is no such word", one)
		}
		if words := strings.Fields(one); slices.Contains(words, "visited") {
			seen.WriteString(visited(t, slices.DeleteFunc(words, func(w string) bool { return w == "visited" })))
			continue
		}
		code := run(t.Context(), strings.Fields(one), strings.NewReader("from stdin\n"), &out, &errw)
		fmt.Fprintf(&seen, "exit code %d\n-- stdout\n%s-- stderr\n%s", code, out.String(), errw.String())
	}
	seen.WriteString(tree(t, root))
	for _, hub := range hubs {
		seen.WriteString(hubState(hub))
	}
	seen.WriteString(changed() + postgres.asked())
	text := strings.NewReplacer(names...).Replace(seen.String())
	for _, c := range clockwork {
		text = c.at.ReplaceAllString(text, c.by)
	}
	return text
}

// named are files whose names tell enough: their content has times in it, or is
// what their name is the digest of.
var named = regexp.MustCompile(`/\.ashlar/|/\.git/|\.tar$`)

// tree is every file of the folder, with its content where that matters.
func tree(t *testing.T, root string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(file, "-wal") || strings.HasSuffix(file, "-shm") ||
			strings.Contains(file, "/refs/schedules/") {
			return err
		}
		rel, _ := filepath.Rel(root, file)
		if named.MatchString("/"+rel) && !strings.Contains(rel, "/refs/cancel/") {
			out = append(out, "file "+rel)
			return nil
		}
		text, err := os.ReadFile(file)
		out = append(out, "file "+rel+"\n"+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, "\n") + "\n"
}
