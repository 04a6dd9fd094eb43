package rendering

import (
	"reflect"
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// names are the flags of the kind.
func names(kind string) []string {
	var out []string
	set := pflag.NewFlagSet(kind, pflag.ContinueOnError)
	new(Flags).Add(set, kind)
	set.VisitAll(func(f *pflag.Flag) { out = append(out, f.Name) })
	return out
}

func TestAKindHasTheFlagsThatMeanSomethingForIt(t *testing.T) {
	all := names("")
	for kind, without := range map[string][]string{
		"": nil, "manifests": {"only", "start-date"}, "terraform": {"only", "secrets", "start-date"},
		"airflow": {"layer", "only", "secrets"}, Bundle: {"only", "out", "secrets", "start-date"}, Drift: {"only", "out", "secrets", "start-date"},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(without, name) })
		if got := names(kind); !slices.Equal(got, want) || len(want) != len(all)-len(without) {
			t.Errorf("%q has %v, want %v", kind, got, want)
		}
	}
}

func TestFlagsAreRead(t *testing.T) {
	var f Flags
	set := pflag.NewFlagSet("render", pflag.ContinueOnError)
	f.Add(set, "")
	err := set.Parse([]string{"--out", "o", "--only", "airflow", "-e", "prod", "--layer", "l", "--provider",
		"p", "-c", "a=b", "-c", "c=d",
		"--config-file", "f", "--values", "v", "--start-date", "2026-11-01", "--secrets", "dir"})
	if err != nil || f.Out != "o" || f.Only != "airflow" || f.Environment != "prod" ||
		f.Layer != "l" || f.Provider != "p" ||
		!slices.Equal(f.Set, []string{"a=b", "c=d"}) || f.File != "f" || !slices.Equal(f.Values, []string{"v"}) ||
		f.Start != "2026-11-01" || !f.Secrets || set.Arg(0) != "dir" {
		t.Errorf("read %+v: %v", f, err)
	}
}

func TestArgumentsGiveTheFlagsTheirValues(t *testing.T) {
	want := Flags{Out: "o", Only: "manifests", Environment: "prod", Layer: "l", Provider: "p",
		Set: []string{"a=b", "c=--d e"}, File: "f", Values: []string{"v", "w"}, Start: "2026-11-01", Secrets: true}
	for _, want := range []Flags{{}, want} {
		var got Flags
		set := pflag.NewFlagSet("render", pflag.ContinueOnError)
		got.Add(set, "")
		if err := set.Parse(want.Args()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v, want %+v: %v", want.Args(), got, want, err)
		}
	}
}
