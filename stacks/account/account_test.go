package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/account/accounttest"
)

const state = "acme-pulumi-" + accounttest.ID + "-eu-central-1"

func open(t *testing.T) *Account {
	t.Helper()
	a, err := Open(t.Context(), Config{Region: "eu-central-1", Name: "acme", GitHub: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// run looks and applies, as the verb does.
func run(ctx context.Context, t *testing.T) (int, error) {
	t.Helper()
	a := open(t)
	steps, err := a.Differences(ctx)
	if err != nil {
		return 0, err
	}
	return len(steps), a.Apply(ctx, steps)
}

func TestAnEmptyAccountIsSetUpOnce(t *testing.T) {
	cloud := accounttest.New(t)
	a := open(t)
	steps, err := a.Differences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if done := cloud.Changes(); len(done) != 0 {
		t.Fatalf("looking changed %v", done)
	}
	if err := a.Apply(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	want := []string{"CreateKey", "CreateAlias alias/acme-pulumi", "EnableKeyRotation", "PUT " + state,
		"PUT tagging", "PUT publicAccessBlock", "PUT encryption", "PUT versioning", "PUT lifecycle", "PUT policy",
		"CreateOpenIDConnectProvider"}
	if got := cloud.Changes(); !slices.Equal(got, want) {
		t.Errorf("did %v, want %v", got, want)
	}
	for setting, holds := range map[string][]string{
		"tagging":           {"ashlar:installation", "acme", "bootstrap"},
		"publicAccessBlock": {"<RestrictPublicBuckets>true"},
		"encryption":        {"aws:kms", ":key/00000000", "<BucketKeyEnabled>true"},
		"versioning":        {"<Status>Enabled"}, "lifecycle": {"<NoncurrentDays>90", "<DaysAfterInitiation>7"},
		"policy": {"aws:SecureTransport", "s3:TlsVersion"},
	} {
		for _, one := range holds {
			if got := cloud.Setting(state, setting); !strings.Contains(got, one) {
				t.Errorf("%s does not hold %s: %s", setting, one, got)
			}
		}
	}
	if left, err := run(t.Context(), t); err != nil || left != 0 || len(cloud.Changes()) != len(want) {
		t.Errorf("a second run has %d steps (%v), and changed %v", left, err, cloud.Changes()[len(want):])
	}
}

// every is each change, by the action that makes it.
var every = []string{"CreateKey", "CreateAlias", "EnableKeyRotation", "PUT", "PUT tagging", "PUT publicAccessBlock",
	"PUT encryption", "PUT versioning", "PUT lifecycle", "PUT policy", "CreateOpenIDConnectProvider"}

// finished checks that the next run does what is left, and nothing twice.
func finished(t *testing.T, cloud *accounttest.Account) {
	t.Helper()
	if _, err := run(t.Context(), t); err != nil {
		t.Fatal(err)
	}
	if left, err := run(t.Context(), t); left != 0 || err != nil {
		t.Errorf("%d steps are left: %v", left, err)
	}
	if all := cloud.Changes(); len(all) != len(every) ||
		len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(every) {
		t.Errorf("something was done twice, or not at all: %v", all)
	}
}

// TestAnInterruptedRunIsFinishedByTheNext interrupts each change in turn, after AWS has
// made it and before the answer is read.
func TestAnInterruptedRunIsFinishedByTheNext(t *testing.T) {
	for _, at := range every {
		t.Run(at, func(t *testing.T) {
			cloud := accounttest.New(t)
			ctx, cancel := context.WithCancel(t.Context())
			cloud.Before = func(action string) {
				if action == at {
					cancel()
				}
			}
			if _, err := run(ctx, t); !errors.Is(err, context.Canceled) {
				t.Fatalf("nobody noticed: %v", err)
			}
			cloud.Before = nil
			finished(t, cloud)
		})
	}
}

func TestADeniedRunIsFinishedByTheNext(t *testing.T) {
	for _, at := range every {
		t.Run(at, func(t *testing.T) {
			cloud := accounttest.New(t)
			cloud.Fail(at, "AccessDenied")
			if _, err := run(t.Context(), t); err == nil || !strings.Contains(err.Error(), "what is done already stays") {
				t.Fatalf("denied: %v", err)
			}
			finished(t, cloud)
		})
	}
}

func TestThrottlingIsWaitedForAndSaid(t *testing.T) {
	cloud := accounttest.New(t)
	cloud.Fail("CreateKey", "ThrottlingException")
	if _, err := run(t.Context(), t); err != nil {
		t.Fatalf("throttled once: %v", err)
	}
	cloud = accounttest.New(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	cloud.Fail("CreateKey", "ThrottlingException", "ThrottlingException")
	if _, err := run(t.Context(), t); err == nil || !strings.Contains(err.Error(), "run it again in a minute") {
		t.Errorf("throttled for long: %v", err)
	}
}

const ours = "ashlar:installation=acme"

func TestWhatIsSomebodyElsesIsLeftAlone(t *testing.T) {
	tagged := func(value string) string {
		return "<Tagging><TagSet><Tag><Key>ashlar:installation</Key><Value>" + value + "</Value></Tag></TagSet></Tagging>"
	}
	for name, c := range map[string]struct {
		make func(*accounttest.Account)
		want string
	}{
		"a key": {func(a *accounttest.Account) { a.AddKey("Enabled", "alias/acme-pulumi") }, "was not made by this command"},
		"a key that is going": {func(a *accounttest.Account) {
			a.AddKey("PendingDeletion", "alias/acme-pulumi", ours, "ashlar:layer=bootstrap")
		}, "aws kms cancel-key-deletion"},
		"a bucket": {func(a *accounttest.Account) { a.AddBucket(state, map[string]string{"tagging": tagged("other")}) }, "choose another --name"},
		"a bucket with data": {func(a *accounttest.Account) {
			a.AddBucket(state, map[string]string{"objects": "<Contents><Key>x</Key></Contents>"})
		}, "nobody knows whose it is"},
		"a bucket not allowed": {func(a *accounttest.Account) { a.Fail("HEAD", "AccessDenied") }, "another account"},
		"nobody signed in":     {func(a *accounttest.Account) { a.Fail("GetCallerIdentity", "ExpiredToken") }, "aws sso login"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := accounttest.New(t)
			c.make(cloud)
			a, err := Open(t.Context(), Config{Region: "eu-central-1", Name: "acme"})
			if err == nil {
				_, err = a.Differences(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if got := cloud.Changes(); len(got) != 0 {
				t.Errorf("changed %v", got)
			}
		})
	}
}

func TestWhatOthersAddedStays(t *testing.T) {
	cloud := accounttest.New(t)
	cloud.AddIssuer(issuer, "sigstore")
	if _, err := run(t.Context(), t); err != nil {
		t.Fatal(err)
	}
	if got := cloud.Changes(); !slices.Contains(got, "AddClientIDToOpenIDConnectProvider") ||
		slices.Contains(got, "CreateOpenIDConnectProvider") {
		t.Errorf("did %v", got)
	}
	cloud.AddBucket(state, map[string]string{
		"tagging":   cloud.Setting(state, "tagging"),
		"policy":    `{"Version":"2012-10-17","Statement":{"Sid":"Audit","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject"}}`,
		"lifecycle": "<LifecycleConfiguration><Rule><ID>audit</ID><Status>Enabled</Status><Filter><Prefix>a/</Prefix></Filter><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>",
	})
	if _, err := run(t.Context(), t); err != nil {
		t.Fatal(err)
	}
	for setting, holds := range map[string][]string{"policy": {`"Audit"`, `"TLSOnly"`},
		"lifecycle": {"<ID>audit</ID>", "<NoncurrentDays>90"}} {
		for _, one := range holds {
			if got := cloud.Setting(state, setting); !strings.Contains(got, one) {
				t.Errorf("%s does not hold %s: %s", setting, one, got)
			}
		}
	}
	if left, err := run(t.Context(), t); left != 0 || err != nil {
		t.Errorf("%d steps are left: %v", left, err)
	}
}

func TestWrongInputIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	cloud := accounttest.New(t)
	cloud.Before = func(action string) { t.Errorf("asked for %s", action) }
	for _, c := range []Config{{Name: "Acme"}, {Name: ""}, {Name: strings.Repeat("a", 21)}, {Name: "a", Region: "Frankfurt"},
		{Name: "acme"}} { // no region anywhere
		if _, err := Open(t.Context(), c); err == nil {
			t.Errorf("%+v passed", c)
		}
	}
}
