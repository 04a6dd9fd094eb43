package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	bucketType = "aws:s3/bucketV2:BucketV2"
	policyType = "aws:iam/policy:Policy"
	groupType  = "ashlar:group:Group"
)

// bucket is a resource as the SDKs write them, with every kind of output.
type bucket struct {
	pulumi.CustomResourceState

	Bucket pulumi.StringOutput      `pulumi:"bucket"`
	Arn    pulumi.StringOutput      `pulumi:"arn"`
	Size   pulumi.IntOutput         `pulumi:"size"`
	Open   pulumi.BoolOutput        `pulumi:"open"`
	Nodes  pulumi.StringArrayOutput `pulumi:"nodes"`
	Tags   pulumi.StringMapOutput   `pulumi:"tags"`
	Token  pulumi.StringPtrOutput   `pulumi:"token"`
}

type group struct{ pulumi.ResourceState }

func newBucket(ctx *pulumi.Context, name string, props pulumi.Map, opts ...pulumi.ResourceOption) (*bucket, error) {
	var b bucket
	return &b, ctx.RegisterResource(bucketType, name, props, &b, opts...)
}

func record(t *testing.T, body pulumi.RunFunc) *Recording {
	t.Helper()
	r, err := Program(context.Background(), body, Run{Project: "p", Stack: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatWasRegisteredIsRecorded(t *testing.T) {
	r := record(t, func(ctx *pulumi.Context) error {
		var g group
		if err := ctx.RegisterComponentResource(groupType, "g", &g); err != nil {
			return err
		}
		first, err := newBucket(ctx, "first",
			pulumi.Map{"bucket": pulumi.String("one"), "tags": pulumi.StringMap{"owner": pulumi.String("me")}},
			pulumi.Parent(&g), pulumi.Protect(true), pulumi.RetainOnDelete(true),
			pulumi.IgnoreChanges([]string{"size"}),
			pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("former")}}))
		if err != nil {
			return err
		}
		if _, err := newBucket(ctx, "second",
			pulumi.Map{"bucket": pulumi.Sprintf("%s-copy", first.Bucket), "token": nil,
				"tags": pulumi.Map{"source": pulumi.NewResourceInput(first)}}); err != nil {
			return err
		}
		if _, err := newBucket(ctx, "third", nil, pulumi.DependsOn([]pulumi.Resource{first})); err != nil {
			return err
		}
		ctx.Export("url", pulumi.Sprintf("s3://%s", first.Bucket))
		ctx.Export("password", pulumi.ToSecret(pulumi.String("hunter2")))
		return ctx.RegisterResourceOutputs(&g, pulumi.Map{"name": first.Bucket})
	})
	first, second, third := r.Named(bucketType, "first"), r.Named(bucketType, "second"), r.Named(bucketType, "third")
	if first == nil || second == nil || third == nil || len(r.Resources) != 4 {
		t.Fatalf("recorded %d resources", len(r.Resources))
	}
	g := r.Named(groupType, "g")
	if first.Parent != g.URN || g.Custom || !first.Custom {
		t.Errorf("the component and its child are not tied: %+v", g)
	}
	if !first.Protect || !first.RetainOnDelete || second.Protect ||
		!slices.Equal(first.IgnoreChanges, []string{"size"}) || len(first.Aliases) == 0 {
		t.Errorf("options are lost: %+v", first)
	}
	if !slices.Equal(second.PropertyDependencies["bucket"], []string{first.URN}) ||
		!slices.Equal(third.Dependencies, []string{first.URN}) {
		t.Errorf("dependencies are lost: %v, %v", second.PropertyDependencies, third.Dependencies)
	}
	if r.ByURN(second.URN) != second || r.ByURN("urn:none") != nil || r.Named(bucketType, "none") != nil {
		t.Error("a resource is not found by its name")
	}
	of, err := r.Expand(second.Inputs["tags"].ObjectValue()["source"].StringValue(), func(ref Reference) (string, error) {
		return ref.URN + " " + strings.Join(ref.Path, "."), nil
	}, nil)
	if err != nil || of != first.URN+" id" || second.Inputs.HasValue("token") || len(second.Inputs) != 2 {
		t.Errorf("a resource as an input is %q (%v), and the inputs are %v", of, err, second.Inputs)
	}
	if !r.Outputs["password"].IsSecret() || r.Outputs["url"].IsNull() {
		t.Errorf("the stack's outputs are %v", r.Outputs)
	}
}

func TestPlaceholdersSurviveJSONAndSayWhatTheyStandFor(t *testing.T) {
	r := record(t, func(ctx *pulumi.Context) error {
		b, err := newBucket(ctx, "data", pulumi.Map{"bucket": pulumi.String("one"), "open": pulumi.Bool(true)})
		if err != nil {
			return err
		}
		document := pulumi.All(b.Arn, b.Size, b.Nodes, b.Open, b.ID(),
			b.Bucket).ApplyT(func(all []any) (string, error) {
			text, err := json.Marshal(map[string]any{"Resource": []string{all[0].(string) + "/*"}, "Size": all[1],
				"Node": all[2], "Open": all[3], "ID": all[4], "Bucket": all[5]})
			return strings.ToLower(string(text)), err
		})
		var p pulumi.CustomResourceState
		return ctx.RegisterResource(policyType, "policy", pulumi.Map{"policy": document}, &p)
	})
	text := r.Named(policyType, "policy").Inputs["policy"].StringValue()
	got, err := r.Expand(text, func(ref Reference) (string, error) {
		literal := ""
		if ref.Literal != nil {
			literal = "=" + ref.Literal.StringValue()
		}
		return "<" + strings.Join(ref.Path, ".") + literal + ">", nil
	}, strings.ToUpper)
	want := `{"BUCKET":"<bucket=one>","ID":"<id>","NODE":["<nodes.0>"],"OPEN":TRUE,"RESOURCE":["<arn>/*"],"SIZE":<size>}`
	if err != nil || got != want {
		t.Errorf("expanded to\n%s (%v), want\n%s", got, err, want)
	}
	for _, ref := range r.References(text) {
		if ref.URN != r.Named(bucketType, "data").URN {
			t.Errorf("%v is not of the bucket", ref)
		}
	}
}

func TestAPlaceholderThatWasTakenApartIsAnError(t *testing.T) {
	r := record(t, func(ctx *pulumi.Context) error {
		b, err := newBucket(ctx, "data", nil)
		if err != nil {
			return err
		}
		if _, err = newBucket(ctx, "both", pulumi.Map{"bucket": b.Arn.ApplyT(func(arn string) string {
			return arn[:12] + " of " + arn
		})}); err != nil {
			return err
		}
		_, err = newBucket(ctx, "cut", pulumi.Map{"bucket": b.Arn.ApplyT(func(arn string) string { return arn[:12] })})
		return err
	})
	for _, name := range []string{"cut", "both"} {
		text := r.Named(bucketType, name).Inputs["bucket"].StringValue()
		got, err := r.Expand(text, func(Reference) (string, error) { return "whole", nil }, nil)
		if err == nil || !strings.Contains(err.Error(), "took it apart") {
			t.Errorf("%s became %q (%v)", name, got, err)
		}
	}
	_, err := r.Expand(r.Named(bucketType, "cut").Inputs["bucket"].StringValue(), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "took it apart") {
		t.Errorf("got %v", err)
	}
	if got, err := r.Expand("account 7012123456789012", nil, nil); err != nil || got != "account 7012123456789012" {
		t.Errorf("digits of the user's own became %q (%v)", got, err)
	}
}

func TestSecretsStaySecretOnTheirWayThroughAResource(t *testing.T) {
	r := record(t, func(ctx *pulumi.Context) error {
		b, err := newBucket(ctx, "data", pulumi.Map{"token": pulumi.ToSecret(pulumi.String("hunter2"))},
			pulumi.AdditionalSecretOutputs([]string{"arn"}))
		if err != nil {
			return err
		}
		_, err = newBucket(ctx, "copy", pulumi.Map{"token": b.Token, "bucket": b.Arn})
		return err
	})
	inputs := r.Named(bucketType, "copy").Inputs
	if !HasSecret(inputs["token"]) || !HasSecret(inputs["bucket"]) || HasSecret(inputs["size"]) {
		t.Errorf("inputs %v", inputs)
	}
	if plain := PlainMap(r.Named(bucketType, "data").Inputs); plain["token"] != "hunter2" {
		t.Errorf("plain %v", plain)
	}
}

func TestTheSameProgramGivesTheSameRecording(t *testing.T) {
	body := func(ctx *pulumi.Context) error {
		for i := range 40 {
			b, err := newBucket(ctx, fmt.Sprint("b", i), nil)
			if err != nil {
				return err
			}
			if _, err := newBucket(ctx, fmt.Sprint("c", i), pulumi.Map{"bucket": b.Arn}); err != nil {
				return err
			}
		}
		return nil
	}
	a, b := record(t, body), record(t, body)
	for i := range a.Resources {
		if a.Resources[i].URN != b.Resources[i].URN || !a.Resources[i].Inputs.DeepEquals(b.Resources[i].Inputs) {
			t.Fatalf("resource %d differs: %v, %v", i, a.Resources[i], b.Resources[i])
		}
	}
}

func TestStackReferencesReadWhatTheyAreGiven(t *testing.T) {
	run := Run{Project: "p", Stack: "s",
		References: map[string]map[string]string{"o/p/base": {"host": "db.example.com", "key": Variable("key")}}}
	read := func(name string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			ref, err := pulumi.NewStackReference(ctx, name, nil)
			if err != nil {
				return err
			}
			_, err = newBucket(ctx, "data",
				pulumi.Map{"bucket": ref.GetStringOutput(pulumi.String("host")),
					"arn": ref.GetStringOutput(pulumi.String("key"))})
			return err
		}
	}
	r, err := Program(context.Background(), read("o/p/base"), run)
	if err != nil {
		t.Fatal(err)
	}
	inputs := PlainMap(r.Named(bucketType, "data").Inputs)
	if refs := r.References(inputs["arn"].(string)); inputs["bucket"] != "db.example.com" || len(refs) != 1 ||
		refs[0].Variable != "key" {
		t.Errorf("inputs %v, references %v", inputs, refs)
	}
	if _, err := Program(context.Background(), read("o/p/nothing"), run); err == nil ||
		!strings.Contains(err.Error(), `unknown stack "o/p/nothing"`) {
		t.Errorf("a reference to nothing: %v", err)
	}
}

func TestDataSourcesAnswerWithPlaceholders(t *testing.T) {
	type zones struct {
		Names []string `pulumi:"names"`
		State string   `pulumi:"state"`
	}
	type args struct {
		State string `pulumi:"state"`
	}
	r := record(t, func(ctx *pulumi.Context) error {
		var z zones
		if err := ctx.Invoke("aws:index/getAvailabilityZones:getAvailabilityZones",
			&args{"available"}, &z); err != nil {
			return err
		}
		if len(z.Names) != 3 || z.State != "available" {
			t.Errorf("answered %+v", z)
		}
		_, err := newBucket(ctx, "data", pulumi.Map{"bucket": pulumi.String(z.Names[1])})
		return err
	})
	refs := r.References(r.Named(bucketType, "data").Inputs["bucket"].StringValue())
	if len(refs) != 1 || len(r.Data) != 1 || refs[0].Data != r.Data[0].Name ||
		!slices.Equal(refs[0].Path, []string{"names", "1"}) {
		t.Errorf("references %v, data %v", refs, r.Data)
	}
}

func TestErrorsAreReturned(t *testing.T) {
	cases := map[string]struct {
		body pulumi.RunFunc
		want string
	}{
		"the program's own": {func(*pulumi.Context) error { return errors.New("no such thing") }, "no such thing"},
		"one it logs": {func(ctx *pulumi.Context) error { return ctx.Log.Error("out of luck", nil) },
			"out of luck"},
		"a name given twice": {func(ctx *pulumi.Context) error {
			_, err := newBucket(ctx, "a", nil)
			_, again := newBucket(ctx, "a", nil)
			return errors.Join(err, again)
		}, "two resources of type aws:s3/bucketV2:BucketV2 are named a"},
		"a resource registered twice": {func(ctx *pulumi.Context) error {
			var b bucket
			return errors.Join(ctx.RegisterResource(bucketType, "a", pulumi.Map{}, &b),
				ctx.RegisterResource(bucketType, "b", pulumi.Map{}, &b))
		}, "was initialized multiple times"},
		"an unknown data source": {func(ctx *pulumi.Context) error {
			return ctx.Invoke("aws:x/getY:getY", nil, &struct{}{})
		}, "does not know what it answers"},
		"a resource to read": {func(ctx *pulumi.Context) error {
			var b bucket
			return ctx.ReadResource(bucketType, "a", pulumi.ID("a"), nil, &b)
		}, "only in the cloud"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Program(context.Background(), c.body, Run{Project: "p", Stack: "s"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Program(ctx, func(*pulumi.Context) error { return nil },
		Run{Project: "p", Stack: "s"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
