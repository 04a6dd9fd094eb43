package policies

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// packed makes a pack of CUE, with further imports.
func packed(body string, imports ...string) fstest.MapFS {
	head := "package p\nimport \"ashlar.dev/policy\"\n"
	for _, i := range imports {
		head += fmt.Sprintf("import %q\n", i)
	}
	return fstest.MapFS{"p/p.cue": {Data: []byte(head + "policy.#Pack & {name: \"p\"}\n" + body)}}
}

// hostile are packs that mean harm, and what is said of each.
var hostile = map[string]struct {
	files func() fstest.MapFS
	want  string
}{
	"endless recursion": {func() fstest.MapFS { return packed("a: b: a\n") }, "structural cycle"},
	"a definition of itself": {func() fstest.MapFS { return packed("#T: {next: #T}\na: #T\n") },
		"structural cycle"},
	"a function that calls itself": {func() fstest.MapFS { return packed("_f: {n: int, out: (_f & {n: n+1}).out}\na: (_f & {n: 1}).out\n") }, "structural cycle"},
	"a list without end":           {func() fstest.MapFS { return packed("a: [for x in list.Range(0, 1000000000, 1) {x}]\n", "list") }, "evaluating this takes"},
	"an import of itself": {func() fstest.MapFS { return packed("", "ashlar.dev/policy/p") },
		`unknown import "ashlar.dev/policy/p"`},
	"deep brackets": {func() fstest.MapFS { return packed("a: " + strings.Repeat("[", 100000)) },
		"nested deeper than 200"},
	"a file of 100 MB": {func() fstest.MapFS { return packed("// " + strings.Repeat("x", 100<<20)) },
		"larger than 1048576 bytes"},
	"a thousand files": {func() fstest.MapFS {
		many := packed("")
		for i := range 1000 {
			many[fmt.Sprintf("p/f%d.cue", i)] = &fstest.MapFile{Data: []byte("package p\n")}
		}
		return many
	}, "at most 200 files"},
	"a cyclic import": {func() fstest.MapFS {
		return fstest.MapFS{
			"p/p.cue":       {Data: []byte("package p\nimport \"example.com/b\"\na: b.x\n")},
			"p/b/b.cue":     {Data: []byte("package b\nimport \"example.com/p\"\nx: p.a\n")},
			"cue.mod/m.cue": {Data: []byte("module: \"example.com\"\n")},
		}
	}, `unknown import "example.com/b"`},
	"alternatives that multiply": {func() fstest.MapFS {
		var product strings.Builder
		for i := range 24 {
			fmt.Fprintf(&product, "({a%d: 1} | {a%d: 2}) & ", i, i)
		}
		return packed("a: {" + product.String() + "{...}}\n")
	}, "evaluating this takes"},
	"a text that doubles": {func() fstest.MapFS {
		doubled := "a0: \"lolololol\"\n"
		for i := range 45 {
			doubled += fmt.Sprintf("a%d: \"\\(a%d)\\(a%d)\"\n", i+1, i, i)
		}
		return packed(doubled)
	}, "evaluating this takes"},
}

// TestHostilePacksAreGivenUpOn loads each in a process of its own, since what
// CUE was given up on goes on in the background.
func TestHostilePacksAreGivenUpOn(t *testing.T) {
	if name := os.Getenv("ASHLAR_HOSTILE_PACK"); name != "" {
		_, err := New(append(Shipped(), Source{FS: hostile[name].files(), Dir: "p"})...)
		fmt.Println("loaded:", err)
		os.Stdout.Sync()
		return
	}
	for name, c := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run",
				"^TestHostilePacksAreGivenUpOn$", "-test.timeout", "60s")
			cmd.Env = append(os.Environ(), "ASHLAR_HOSTILE_PACK="+name)
			began := time.Now()
			out, err := cmd.CombinedOutput()
			took := time.Since(began)
			if err != nil {
				t.Fatalf("after %s: %v\n%.2000s", took, err, out)
			}
			text, _, _ := strings.Cut(string(out), "\nPASS")
			if strings.HasPrefix(text, "loaded: <nil>") && c.want != "" || !strings.Contains(text, c.want) {
				t.Errorf("got %.500s\nwant it to say %q", text, c.want)
			}
			t.Logf("%s, %d MB: %.200s", took.Round(time.Millisecond), maxRSS(cmd)>>10, text)
			if took > 40*time.Second {
				t.Errorf("it took %s", took)
			}
			if rss := maxRSS(cmd); rss > 3<<20 {
				t.Errorf("it took %d KB", rss)
			}
		})
	}
}

func TestARuleThatRunsAwayDoesNotPass(t *testing.T) {
	if os.Getenv("ASHLAR_HOSTILE_RULE") != "" {
		s, err := fromText(`package p
import (
	"list"
	"ashlar.dev/policy"
)
policy.#Pack & {name: "p", rules: r: {
	title: "t", about: "endpoint", reason: "r", fix: "f"
	require: {replicas: max: int, _sum: list.Sum([for x in list.Range(0, replicas.max*1000000000, 1) {x}]) & >=0}
}}
`)
		if err != nil {
			fmt.Println("not loaded:", err)
			return
		}
		findings, err := s.Judge().Check(example(t, "credit.prod"), time.Now())
		for _, f := range findings {
			if f.Policy == "p/r" {
				fmt.Println("refused:", f.Refuses(), f.Message, err)
			}
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run",
		"^TestARuleThatRunsAwayDoesNotPass$", "-test.timeout", "60s")
	cmd.Env = append(os.Environ(), "ASHLAR_HOSTILE_RULE=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "refused: true endpoint scoring is not judged") {
		t.Errorf("%v\n%.1000s", err, out)
	}
}

func FuzzPack(f *testing.F) {
	f.Add(house)
	for _, c := range wrongPacks[:10] {
		f.Add(strings.Replace(house, c.from, c.to, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		s, err := New(Source{FS: fstest.MapFS{"p/p.cue": {Data: []byte(text)}}, Dir: "p"})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		for _, r := range s.Rules() {
			if r.Digest == "" || r.require == nil && r.NotLowered == "" {
				t.Errorf("a rule that is not whole: %+v", r)
			}
		}
	})
}
