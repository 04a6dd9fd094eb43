package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/account/accounttest"
)

// bootstrapFlagEffects are what the flags of `ashlar bootstrap` change.
var bootstrapFlagEffects = map[string]verbEffects{
	"bootstrap aws": {line: "--region eu-central-1", flags: map[string]flagEffect{
		"region":     {line: "--name acme", from: "--region eu-central-1", to: "--region eu-west-1"},
		"name":       {to: "--name acme"},
		"repository": {to: "--repository acme/shop"},
		"yes":        {to: "--yes"},
	}},
}

func bootstrap(ctx context.Context, args ...string) (int, string) {
	var out, errw bytes.Buffer
	code := run(ctx, append([]string{"bootstrap", "aws"}, args...), strings.NewReader(""), &out, &errw)
	return code, out.String() + errw.String()
}

func TestBootstrapShowsThenCreatesThenHasNothingToDo(t *testing.T) {
	cloud := accounttest.New(t)
	args := []string{"--region", "eu-central-1", "--repository", "acme/shop"}
	if code, said := bootstrap(t.Context(), args...); code != 0 || !strings.Contains(said, "11 steps to do; --yes does it") ||
		strings.Contains(said, "pulumi login") || len(cloud.Changes()) != 0 {
		t.Fatalf("exit %d, changed %v:\n%s", code, cloud.Changes(), said)
	}
	want := []string{"11 steps done", "pulumi login 's3://ashlar-pulumi-123456789012-eu-central-1?region=eu-central-1'",
		"--secrets-provider 'awskms://alias/ashlar-pulumi?region=eu-central-1'",
		"pulumi config set --path github.repository acme/shop", "pulumi config set --path github.existingIssuer true",
		"pulumi config set --path github.state ashlar-pulumi-123456789012-eu-central-1"}
	code, said := bootstrap(t.Context(), append(args, "--yes")...)
	for _, one := range want {
		if code != 0 || !strings.Contains(said, one) {
			t.Errorf("exit %d, does not say %s:\n%s", code, one, said)
		}
	}
	var told struct {
		Account, Bucket, Key string
		Steps                []map[string]any
		Applied              bool
		Next                 []string
	}
	if code, said = bootstrap(t.Context(), append(args, "--output", "json")...); code != 0 {
		t.Fatalf("exit %d: %s", code, said)
	}
	if err := json.Unmarshal([]byte(said), &told); err != nil || told.Account != accounttest.ID || told.Key != "alias/ashlar-pulumi" ||
		told.Steps == nil || len(told.Steps) != 0 || len(told.Next) < 8 {
		t.Errorf("%v: %+v", err, told)
	}
}

func TestBootstrapSaysHowFarItCame(t *testing.T) {
	cloud := accounttest.New(t)
	cloud.Fail("PUT encryption", "AccessDenied")
	code, said := bootstrap(t.Context(), "--region", "eu-central-1", "--yes")
	if code == 0 || !strings.Contains(said, "6 of 10 steps done: encryption of the bucket") ||
		!strings.Contains(said, "what is done already stays") {
		t.Errorf("exit %d: %s", code, said)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cloud.Before = func(action string) {
		if action == "PUT encryption" {
			cancel()
		}
	}
	if code, said = bootstrap(ctx, "--region", "eu-central-1", "--yes"); code == 0 ||
		!strings.Contains(said, "interrupted; finished work is kept") {
		t.Errorf("exit %d: %s", code, said)
	}
	cloud.Before = nil
	if code, said = bootstrap(t.Context(), "--region", "eu-central-1", "--yes"); code != 0 {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestBootstrapRefusesWrongInput(t *testing.T) {
	cloud := accounttest.New(t)
	cloud.Before = func(action string) { t.Errorf("asked for %s", action) }
	for want, args := range map[string][]string{
		"write it as owner/name":        {"--repository", "acme/*"},
		"use lower-case letters":        {"--name", "Acme"},
		"use --region":                  {}, // and none in the environment
		"write it as eu-central-1":      {"--region", "Frankfurt"},
		"takes no arguments, found dev": {"dev"},
		"unknown flag":                  {"--apply"},
		`--output "yaml": use text or`:  {"--output", "yaml"},
	} {
		if code, said := bootstrap(t.Context(), args...); code != 2 || !strings.Contains(said, want) {
			t.Errorf("%v: exit %d, does not say %s: %s", args, code, want, said)
		}
	}
}

func TestAQuestionTakesYesAndNothingElse(t *testing.T) {
	for said, want := range map[string]bool{"y\n": true, "YES\n": true, "\n": false, "no\n": false, "": false, "yup\n": false} {
		got, err := answered(t.Context(), strings.NewReader(said), io.Discard, "sure?")
		if got != want || err != nil {
			t.Errorf("%q: %v, %v", said, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, out := io.Pipe()
	defer out.Close()
	if got, err := answered(ctx, in, io.Discard, "sure?"); got || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, %v", got, err)
	}
}
