package recorded

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallManifestsTakeLittleMemory(t *testing.T) {
	const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
	text := "a: &a " + strings.Repeat("x", bombs.Size/2) + "\n"
	laughs := "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		laughs += fmt.Sprintf("l%d: &l%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*l%d, ", i), 10))
	}
	inputs := map[string]string{
		"a text that is referred to": object + text + "data: [" + strings.Repeat("*a,", bombs.Size/6) + "]\n",
		"a text that each item refers to": "apiVersion: v1\nkind: List\n" + text + "items:\n" +
			strings.Repeat("- {apiVersion: v1, kind: A, data: *a}\n", bombs.Size/80),
		"lists of lists by reference": object + laughs,
		"a reference to itself":       object + "a: &a [*a, *a]\n",
		"a map that is merged often": object + "a: &a {k: " + strings.Repeat("x", 1000) + "}\nb: [" +
			strings.Repeat("{<<: *a},", bombs.Size/9) + "]\n",
		"deep lists":                object + "a: " + strings.Repeat("[", bombs.Size),
		"deep lists by indentation": object + "a:\n" + strings.Repeat("- ", bombs.Size/2) + "1\n",
		"documents":                 strings.Repeat("---\n", bombs.Size/4),
		"a long line":               object + "a: " + strings.Repeat("x", bombs.Size),
		"a long number":             object + "a: " + strings.Repeat("9", bombs.Size),
	}
	maps.Copy(inputs, bombs.Fields(`{"apiVersion":"v1","kind":"ConfigMap",%s}`, "data"))
	maps.Copy(inputs, bombs.Fields(`{%s}`, "steps", "deployment", "resources"))
	maps.Copy(inputs, bombs.Fields(`{"deployment":{%s}}`, "resources"))
	// YAML keeps some two hundred bytes of each value, of which half a mebibyte has a
	// quarter of a million.
	bombs.Within(t, 192<<20, inputs, func(text string) { _, _ = Read("m.yaml", []byte(text)) })
}

func TestKeysAndReferencesAreBounded(t *testing.T) {
	const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
	var keys strings.Builder
	for i := range maxKeys + 1 {
		fmt.Fprintf(&keys, "  k%d: 1\n", i)
	}
	for text, want := range map[string]string{
		object + "data: {a: 1, a: 2}\n":                    `line 4: the key "a" is already defined`,
		object + "data:\n" + keys.String():                 "a mapping of more than 20000 keys",
		object + "data: {a: &a [*a]}\n":                    "contains itself",
		object + "data: {a: &a x, b: *a, c: [*a, *a]}\n":   "",
		object + "data: &d {a: 1}\nmore: {<<: *d, b: 2}\n": "",
		"---\n" + strings.Repeat("#", maxManifests) + "\n": "more than 16 MiB; split the file",
	} {
		if _, err := Read("m.yaml", []byte(text)); (want == "") != (err == nil) || err != nil &&
			!strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
}
