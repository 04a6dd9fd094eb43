package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// start runs the analyzer as the engine does, over a port that it prints, for a
// folder with the files.
func start(t *testing.T, files map[string]string, options ...string) pulumirpc.AnalyzerClient {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, append([]string{"", dir}, options...), in) }()
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return pulumirpc.NewAnalyzerClient(conn)
}

func wire(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	s, err := marshal(properties, "urn")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func props(v map[string]any) resource.PropertyMap { return resource.NewPropertyMapFromMap(v) }

// analyzed are what Analyze says of a resource: "policy LEVEL first line".
func analyzed(t *testing.T, c pulumirpc.AnalyzerClient, kind string, properties resource.PropertyMap) []string {
	t.Helper()
	resp, err := c.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{Type: kind, Name: "n", Urn: "urn:n",
		Properties: wire(t, properties)})
	if err != nil {
		t.Fatal(err)
	}
	return said(resp)
}

func said(resp *pulumirpc.AnalyzeResponse) []string {
	var out []string
	for _, d := range resp.GetDiagnostics() {
		line, _, _ := strings.Cut(d.GetMessage(), "\n")
		out = append(out, d.GetPolicyName()+" "+d.GetEnforcementLevel().String()+" "+line)
	}
	return out
}

const database = "aws:rds/instance:Instance"

func sound() map[string]any {
	return map[string]any{"storageEncrypted": true, "backupRetentionPeriod": 7.0,
		"deletionProtection": true, "multiAz": true}
}

func TestResourcesAreHeldAgainstTheRules(t *testing.T) {
	c := start(t, nil)
	if _, err := c.ConfigureStack(t.Context(),
		&pulumirpc.AnalyzerStackConfigureRequest{Stack: "foundation-prod", Project: "p",
			Config: map[string]string{}}); err != nil {
		t.Fatal(err)
	}
	if got := analyzed(t, c, database, props(sound())); len(got) != 0 {
		t.Errorf("a sound database: %v", got)
	}
	bad := sound()
	bad["backupRetentionPeriod"], bad["deletionProtection"] = 1.0, false
	want := "reliability/database-backups MANDATORY resource n: properties.backupRetentionPeriod is 1, must be >=7\nreliability/database-deletion MANDATORY resource n: properties.deletionProtection is false, must be true"
	if got := strings.Join(analyzed(t, c, database, props(bad)), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	resp, err := c.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{Type: database, Name: "n",
		Properties: wire(t, props(bad))})
	if err != nil || !strings.Contains(resp.Diagnostics[0].Message, "\nrule sha256:") ||
		!strings.Contains(resp.Diagnostics[0].Message, "\nfix: set backupRetentionPeriod") {
		t.Errorf("%v, %v", resp, err)
	}
}

func TestTheEnvironmentIsTheStacks(t *testing.T) {
	for _, c := range []struct {
		stack  string
		config map[string]string
		want   string
	}{
		{"foundation-prod", nil, "prod"}, {"prod", nil, "prod"}, {"organization/ashlar/dev", nil, "dev"},
		{"eu", map[string]string{"p:environment": "prod", "ashlar:environment": "dev"}, "prod"},
		{"eu", map[string]string{"ashlar:environment": "prod"}, "prod"}, {"", nil, ""},
	} {
		if got := environmentOf(c.stack, "p", c.config); got != c.want {
			t.Errorf("%s with %v: %q", c.stack, c.config, got)
		}
	}
	dev := start(t, nil)
	if _, err := dev.ConfigureStack(t.Context(), &pulumirpc.AnalyzerStackConfigureRequest{Stack: "dev"}); err != nil {
		t.Fatal(err)
	}
	loose := sound()
	delete(loose, "deletionProtection")
	if got := analyzed(t, dev, database, props(loose)); len(got) != 0 {
		t.Errorf("a rule about production in dev: %v", got)
	}
}

func TestWhatIsUnknownAtPreviewIsUndecided(t *testing.T) {
	c := start(t, nil)
	for name, unknown := range map[string]resource.PropertyValue{
		"computed":        resource.MakeComputed(resource.NewStringProperty("")),
		"an output":       resource.NewOutputProperty(resource.Output{}),
		"a secret output": resource.NewOutputProperty(resource.Output{Secret: true}),
	} {
		p := props(sound())
		p["storageEncrypted"] = unknown
		got := analyzed(t, c, database, p)
		if len(got) != 1 || !strings.HasPrefix(got[0], "security/database-encrypted ADVISORY undecided") {
			t.Errorf("%s: %v", name, got)
		}
	}
	p := props(sound())
	p["arn"] = resource.MakeComputed(resource.NewStringProperty(""))
	if got := analyzed(t, c, database, p); len(got) != 0 {
		t.Errorf("an unknown that no rule reads: %v", got)
	}
}

func TestSecretsAreNotSaid(t *testing.T) {
	c := start(t, nil)
	pod := props(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{},
		"spec": map[string]any{"containers": []any{map[string]any{"name": "a", "image": "a:1"}}}})
	env := resource.NewArrayProperty([]resource.PropertyValue{resource.NewObjectProperty(resource.PropertyMap{
		"name":  resource.NewStringProperty("DB_PASSWORD"),
		"value": resource.MakeSecret(resource.NewStringProperty("hunter2"))})})
	pod["spec"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()["env"] = env
	got := strings.Join(analyzed(t, c, "kubernetes:core/v1:Pod", pod), "\n")
	if !strings.Contains(got, "security/no-literal-secrets MANDATORY") || strings.Contains(got, "hunter2") {
		t.Errorf("got\n%s", got)
	}
}

func TestResourcesArePutRightWhereARuleCan(t *testing.T) {
	c := start(t, nil)
	bad := sound()
	bad["storageEncrypted"], bad["publiclyAccessible"] = false, true
	p := props(bad)
	p["password"] = resource.MakeSecret(resource.NewStringProperty("hunter2"))
	p["kmsKeyId"] = resource.MakeComputed(resource.NewStringProperty(""))
	resp, err := c.Remediate(t.Context(), &pulumirpc.AnalyzeRequest{Type: database, Name: "n", Properties: wire(t, p)})
	if err != nil || len(resp.Remediations) != 2 {
		t.Fatalf("%v, %v", resp, err)
	}
	put, err := unmarshal(resp.Remediations[1].Properties, "urn")
	if err != nil {
		t.Fatal(err)
	}
	if !put["storageEncrypted"].BoolValue() || put["publiclyAccessible"].BoolValue() ||
		put["backupRetentionPeriod"].NumberValue() != 7 {
		t.Errorf("%v", put)
	}
	if !put["password"].IsSecret() || !put["kmsKeyId"].IsComputed() {
		t.Error("what was secret or unknown is not any more")
	}
	if got := analyzed(t, c, database, put); len(got) != 0 {
		t.Errorf("put right, and still: %v", got)
	}
	if resp, err := c.Remediate(t.Context(),
		&pulumirpc.AnalyzeRequest{Type: database, Name: "n", Properties: wire(t, props(sound()))}); err != nil ||
		len(resp.Remediations) != 0 {
		t.Errorf("a sound database is put right: %v, %v", resp, err)
	}
}

func TestTheStackIsLookedAtAsAWhole(t *testing.T) {
	c := start(t, nil)
	bucket := &pulumirpc.AnalyzerResource{Type: "aws:s3/bucketV2:BucketV2", Urn: "urn:b", Name: "models",
		Properties: wire(t, props(map[string]any{}))}
	block := &pulumirpc.AnalyzerResource{
		Type: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", Urn: "urn:p", Name: "models",
		Properties: wire(t, props(map[string]any{"blockPublicAcls": true, "blockPublicPolicy": true,
			"ignorePublicAcls": true, "restrictPublicBuckets": true})),
		PropertyDependencies: map[string]*pulumirpc.AnalyzerPropertyDependencies{"bucket": {Urns: []string{"urn:b"}}},
	}
	for _, open := range []bool{true, false} {
		req := &pulumirpc.AnalyzeStackRequest{Resources: []*pulumirpc.AnalyzerResource{bucket}}
		if !open {
			req.Resources = append(req.Resources, block)
		}
		resp, err := c.AnalyzeStack(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, d := range resp.Diagnostics {
			if d.PolicyName == "security/bucket-not-public" {
				found = d.Urn == "urn:b" && d.EnforcementLevel == pulumirpc.EnforcementLevel_MANDATORY
			}
		}
		if found != open {
			t.Errorf("open %t: %v", open, said(resp))
		}
	}
}

func TestTheEngineIsToldWhichRulesThereAre(t *testing.T) {
	c := start(t, nil)
	info, err := c.GetAnalyzerInfo(t.Context(), &emptypb.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]*pulumirpc.PolicyInfo{}
	for _, p := range info.Policies {
		by[p.Name] = p
	}
	if by["governance/owner"] != nil || len(by) < 40 {
		t.Errorf("%d rules", len(by))
	}
	if p := by["security/bucket-not-public"]; p.GetPolicyType() != pulumirpc.PolicyType_POLICY_TYPE_STACK ||
		p.GetEnforcementLevel() != pulumirpc.EnforcementLevel_MANDATORY {
		t.Errorf("%v", p)
	}
	if p := by["cost/node-ceiling"]; p.GetConfigSchema().GetProperties().AsMap()["max"].(map[string]any)["default"] != 20.0 {
		t.Errorf("%v", p)
	}
	if p := by["security/bucket-acl"]; p.GetEnforcementLevel() != pulumirpc.EnforcementLevel_REMEDIATE ||
		!strings.HasPrefix(p.GetTags()[0], "sha256:") {
		t.Errorf("%v", p)
	}
	if plugin, err := c.GetPluginInfo(t.Context(), &emptypb.Empty{}); err != nil || plugin.Version == "" {
		t.Errorf("%v, %v", plugin, err)
	}
}

func TestLevelsAndNumbersAreTheEnginesToSet(t *testing.T) {
	c := start(t, nil)
	max, err := structpb.NewStruct(map[string]any{"max": 3.0})
	if err != nil {
		t.Fatal(err)
	}
	configure := func(id string, config *pulumirpc.PolicyConfig) error {
		_, err := c.Configure(t.Context(),
			&pulumirpc.ConfigureAnalyzerRequest{PolicyConfig: map[string]*pulumirpc.PolicyConfig{id: config}})
		return err
	}
	group := props(map[string]any{"scalingConfig": map[string]any{"maxSize": 6.0}})
	const kind = "aws:eks/nodeGroup:NodeGroup"
	if got := analyzed(t, c, kind, group); len(got) != 0 {
		t.Fatalf("before: %v", got)
	}
	if err := configure("cost/node-ceiling",
		&pulumirpc.PolicyConfig{EnforcementLevel: pulumirpc.EnforcementLevel_ADVISORY, Properties: max}); err != nil {
		t.Fatal(err)
	}
	if got := analyzed(t, c, kind, group); len(got) != 1 ||
		!strings.HasPrefix(got[0], "cost/node-ceiling ADVISORY resource n: properties.scalingConfig.maxSize is 6, must be <=3") {
		t.Errorf("set to 3: %v", got)
	}
	if err := configure("cost/node-ceiling",
		&pulumirpc.PolicyConfig{EnforcementLevel: pulumirpc.EnforcementLevel_DISABLED, Properties: max}); err != nil {
		t.Fatal(err)
	}
	if got := analyzed(t, c, kind, group); len(got) != 0 {
		t.Errorf("disabled: %v", got)
	}
	advisory := &pulumirpc.PolicyConfig{EnforcementLevel: pulumirpc.EnforcementLevel_ADVISORY}
	if err := configure("all", advisory); err != nil {
		t.Fatal(err)
	}
	bare := analyzed(t, c, database, props(map[string]any{}))
	if len(bare) == 0 || strings.Contains(strings.Join(bare, "\n"), "MANDATORY") {
		t.Errorf("all advisory: %v", bare)
	}
	for want, err := range map[string]error{
		"did you mean": configure("cost/node-ceilin", &pulumirpc.PolicyConfig{}),
		"no remedy": configure("cost/node-ceiling",
			&pulumirpc.PolicyConfig{EnforcementLevel: pulumirpc.EnforcementLevel_REMEDIATE}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

const house = `package house

import "ashlar.dev/policy"

policy.#Pack & {
	name: "house"
	rules: "named": {
		title: "Databases are named"
		about: "resource"
		match: type: "aws:rds/instance:Instance"
		require: properties: identifier: =~"^house-"
		reason: "we look for it by name"
		fix:    "set identifier"
	}
	exempt: "house/named": [{subjects: ["old"], expires: "2020-01-01", owner: "ada", reason: "it is going away"}]
}
`

func TestPacksOfTheFolderApply(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		options []string
		want    int
	}{
		"beside PulumiPolicy.yaml": {"house.cue", nil, 1}, "in a folder of theirs": {"house/house.cue", nil, 1},
		"where the options say": {"packs/house/house.cue", []string{"-packs=packs"}, 1},
		"none":                  {"house.cue", []string{"-packs=none"}, 0},
	} {
		client := start(t, map[string]string{c.file: house}, c.options...)
		if got := analyzed(t, client, database, props(sound())); len(got) != c.want {
			t.Errorf("%s: %v", name, got)
		}
		resp, err := client.AnalyzeStack(t.Context(), &pulumirpc.AnalyzeStackRequest{})
		if err != nil || len(resp.Diagnostics) != c.want || c.want == 1 &&
			!strings.Contains(said(resp)[0], "expired on 2020-01-01") {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
	}
}

func TestAWrongPackIsToldToTheEngine(t *testing.T) {
	c := start(t, map[string]string{"house.cue": strings.Replace(house, "require:", "requires:", 1)})
	for name, err := range map[string]error{
		"handshake": second(c.Handshake(t.Context(), &pulumirpc.AnalyzerHandshakeRequest{})),
		"info":      second(c.GetAnalyzerInfo(t.Context(), &emptypb.Empty{})),
		"analyze":   second(c.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{Type: database})),
	} {
		if err == nil || !strings.Contains(err.Error(),
			`house.cue:11:3: rules.named.requires: unknown field "requires"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestItEndsWhenTheEngineSaysSo(t *testing.T) {
	c := start(t, nil)
	if _, err := c.Cancel(t.Context(), &emptypb.Empty{}); err != nil {
		t.Error(err)
	}
}

func TestOptionsAndArgumentsAreChecked(t *testing.T) {
	for want, args := range map[string][]string{"plugin of Pulumi": nil, "there is packs": {"", ".", "-pack=x"}} {
		if err := run(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
