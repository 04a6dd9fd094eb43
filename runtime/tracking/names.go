package tracking

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// naming says which names a tracker takes.
type naming struct {
	fits  func(c rune) bool // signs that are allowed anywhere in a name
	first func(c rune) bool // signs that it may begin with
	paths bool              // names are paths: no name is another's folder, none goes up or has a part of dots alone
	most  int               // bytes
}

// mapped gives each of the names one that the tracker takes: its own where it
// may, else the nearest. "@" becomes "_at_" and any other sign that is not taken
// an underscore. Distinct names stay distinct: where two become one, those that
// had to be changed get an end that is of their own name alone, so that a name
// that was told before keeps its spelling.
// The result is the same for the same set of names, in any order. Names that need
// no change are placed first, so that a changed one never displaces another.
func (n naming) mapped(names []string) map[string]string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	out, taken := make(map[string]string, len(names)), map[string]bool{}
	take := func(name, as string) { out[name], taken[n.key(as)] = as, true }
	var changed []string
	for _, name := range names {
		if n.plain(name) == name && !taken[n.key(name)] {
			take(name, name)
			continue
		}
		changed = append(changed, name)
	}
	spellings := map[string]int{}
	for _, name := range changed {
		spellings[n.key(n.plain(name))]++
	}
	for _, name := range changed {
		as := n.plain(name)
		if taken[n.key(as)] || spellings[n.key(as)] > 1 {
			as = n.marked(as, name)
		}
		take(name, as)
	}
	if n.paths {
		n.unfold(out, taken)
	}
	return out
}

// plain is the nearest name that the tracker takes.
// A part of dots alone would be read as a folder above, hence the underscore.
func (n naming) plain(name string) string {
	text := strings.ReplaceAll(name, "@", "_at_")
	text = strings.Map(func(c rune) rune {
		if !n.fits(c) {
			return '_'
		}
		return c
	}, text)
	if n.paths {
		parts := strings.Split(text, "/")
		for i, part := range parts {
			if strings.Trim(part, ".") == "" {
				parts[i] = part + "_"
			}
		}
		text = strings.Join(parts, "/")
	}
	if text == "" || !n.first([]rune(text)[0]) {
		text = "_" + text
	}
	if len(text) > n.most {
		text = n.marked(text, name)
	}
	return text
}

// marked is a text that no other name becomes.
// The mark is eight hexadecimal digits of the original name's hash.
func (n naming) marked(text, name string) string {
	mark := fmt.Sprintf("_%x", sha256.Sum256([]byte(name)))[:9]
	return strings.TrimRight(cut(text, n.most-len(mark)), "/. ") + mark
}

// key is what tells two names apart: some databases do not tell cases.
func (n naming) key(name string) string { return strings.ToLower(name) }

// unfold flattens names that lie below another one, which a store of files
// could not keep.
// It replaces slashes with underscores only for those names; others keep the
// grouping that trackers show by slashes.
func (n naming) unfold(out map[string]string, taken map[string]bool) {
	for name, as := range out {
		for dir := path.Dir(as); dir != "."; dir = path.Dir(dir) {
			if taken[n.key(dir)] {
				out[name] = n.marked(strings.ReplaceAll(as, "/", "_"), name)
				break
			}
		}
	}
}

// word reports whether the sign is a letter, a digit or an underscore, which
// every tracker takes.
func word(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// forMLflow is what every version of MLflow takes of params, metrics and tags.
// Newer ones take colons too, and letters of any script where the database does.
// See validate_metric_name in mlflow/utils/validation.py.
func forMLflow() naming {
	fits := func(c rune) bool { return word(c) || strings.ContainsRune("-. /", c) }
	return naming{fits: fits, first: func(c rune) bool { return word(c) || c == '-' }, paths: true, most: maxKey}
}

// forWandB is what Weights & Biases can sort and filter by: names of GraphQL.
func forWandB() naming {
	return naming{fits: word, first: func(c rune) bool { return word(c) && (c < '0' || c > '9') }, most: maxKey}
}

// renamed are the names that had to be changed, with what they are now.
func renamed(names map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] != name {
			out = append(out, names[name]+" is "+name)
		}
	}
	return out
}
