package blueprints

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// previewed is small with an overlay of previews.
func previewed(overlay string) map[string]string {
	return map[string]string{"p.cue": strings.Replace(small, "environments: {",
		"environments: {preview: "+overlay+", ", 1)}
}

func TestAPullRequestRunsWithTheOverlayOfPreviews(t *testing.T) {
	files := previewed("{seed: 7, endpoints: e: replicas: {min: 1, max: 1}}")
	p := load(t, files, "pr-12")
	if p.Environment != "pr-12" || p.Seed != 7 || p.Endpoints["e"].Replicas.Max != 1 {
		t.Errorf("%s has seed %d and %+v", p.Environment, p.Seed, p.Endpoints["e"].Replicas)
	}
	if d := load(t, files, ""); d.Environment != "dev" || d.Seed != 42 {
		t.Errorf("the default is %s with seed %d", d.Environment, d.Seed)
	}
	own := strings.Replace(files["p.cue"], "environments: {", `environments: {"pr-12": seed: 9, `, 1)
	if p := load(t, map[string]string{"p.cue": own}, "pr-12"); p.Seed != 9 {
		t.Errorf("its own overlay counts, found seed %d", p.Seed)
	}
}

func TestTheOverlayOfPreviewsIsCheckedAndNoEnvironment(t *testing.T) {
	fsys := fstest.MapFS{"p.cue": {Data: []byte(previewed("seed: 7")["p.cue"])}}
	plans, err := LoadAll(fsys, ".")
	if err != nil || plans["preview"] == nil || plans["preview"].Seed != 7 || len(plans) != 3 {
		t.Errorf("%v, %v", plans, err)
	}
	if names, err := Environments(fsys, "."); err != nil || !reflect.DeepEqual(names, []string{"dev", "prod"}) {
		t.Errorf("%v, %v", names, err)
	}
	fsys["p.cue"].Data = []byte(previewed(`seed: "many"`)["p.cue"])
	if _, err := LoadAll(fsys, "."); err == nil || !strings.Contains(err.Error(), "seed") {
		t.Errorf("a mistake in the overlay is found: %v", err)
	}
}

func TestPreviewsAloneLeaveTheDefaultEnvironment(t *testing.T) {
	text := strings.Replace(small, "environments: {dev: {}, prod: endpoints: e: replicas: {min: 2, max: 3}}",
		"environments: preview: seed: 7", 1)
	if p := load(t, map[string]string{"p.cue": text}, ""); p.Environment != "dev" || p.Seed != 42 {
		t.Errorf("%s, seed %d", p.Environment, p.Seed)
	}
}

func TestAPreviewHasNoPinsOfOtherRegistries(t *testing.T) {
	pins, err := Pins{"": {"m": pinOf(3)}}.Source("p")
	if err != nil {
		t.Fatal(err)
	}
	files := previewed("seed: 7")
	files[PinsFile] = string(pins)
	if p := load(t, files, "dev"); len(p.Pins) != 1 {
		t.Errorf("dev has pins %v", p.Pins)
	}
	if p := load(t, files, "pr-12"); len(p.Pins) != 0 {
		t.Errorf("the preview has pins %v", p.Pins)
	}
}

func TestWhatIsNoPreviewSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		files     map[string]string
		env, want string
	}{
		"no overlay":         {map[string]string{"p.cue": small}, "pr-12", "add environments: preview: {...}"},
		"the overlay itself": {previewed("{}"), "preview", "such as --env pr-12"},
		"another spelling":   {previewed("{}"), "pr-012", `unknown environment "pr-012"; there are "dev", "prod"`},
		"no number":          {previewed("{}"), "pr-0", "unknown environment"},
		"no such overlay":    {map[string]string{"p.cue": small}, "preview", "unknown environment"},
	} {
		fsys := fstest.MapFS{}
		for file, text := range test.files {
			fsys[file] = &fstest.MapFile{Data: []byte(text)}
		}
		_, err := Load(fsys, ".", test.env)
		var found Problems
		if p, ok := err.(Problems); ok {
			found = p
		}
		if len(found) != 1 || !strings.Contains(found[0].Message+" "+found[0].Hint, test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
