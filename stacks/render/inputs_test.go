package render

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// handed is a program that hands two components' inputs on.
func handed(ctx *pulumi.Context) error {
	b, err := newBucket(ctx, "data", pulumi.Map{"bucket": str("credit-data")})
	if err != nil {
		return err
	}
	for _, name := range []string{"b", "a"} {
		var c struct{ pulumi.ResourceState }
		props := pulumi.Map{
			"name": str(name), "count": pulumi.Int(3), "none": pulumi.StringPtrFromPtr(nil),
			"list":     pulumi.Array{pulumi.Sprintf("s3://%s/x", b.Bucket), b.Arn},
			"password": pulumi.ToSecret(str("hunter2")),
		}
		if err := ctx.RegisterResource("test:index:Handed", name, props, &c); err != nil {
			return err
		}
	}
	return nil
}

func TestInputsAreResolvedAsManifestsAre(t *testing.T) {
	rec := recorded(t, handed)
	for secrets, password := range map[bool]string{false: "${a_password}", true: "hunter2"} {
		got, err := Inputs(rec, "test:index:Handed",
			Options{Secrets: secrets, Values: map[string]string{"aws_s3_bucket_data_arn": "arn:known"}})
		if err != nil || len(got) != 2 || got[1]["name"] != "b" {
			t.Fatalf("%v: %v", got, err)
		}
		want := map[string]any{"name": "a", "count": int64(3),
			"list": []any{"s3://credit-data/x", "arn:known"}, "password": password}
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("got %#v, want %#v", got[0], want)
		}
	}
	if got, err := Inputs(rec, "test:index:Other", Options{}); err != nil || got != nil {
		t.Errorf("of a type that nothing has: %v, %v", got, err)
	}
}

func TestInputsThatCannotBeResolvedAreSaid(t *testing.T) {
	rec := recorded(t, func(ctx *pulumi.Context) error {
		var c cluster
		if err := ctx.RegisterResource("aws:eks/cluster:Cluster", "main",
			pulumi.Map{"name": str("main")}, &c); err != nil {
			return err
		}
		var none struct{ pulumi.ResourceState }
		return ctx.RegisterResource("test:index:Handed", "one", pulumi.Map{"port": c.Port}, &none)
	})
	_, err := Inputs(rec, "test:index:Handed", Options{})
	if err == nil || !strings.Contains(err.Error(), "test:index:Handed one: ") ||
		!strings.Contains(err.Error(), "only the cloud knows") {
		t.Errorf("a number that the cloud decides: %v", err)
	}
}
