// Package nearest finds the name that somebody meant by a misspelt one. It is the
// only place where names are compared by distance, so that a blueprint, a request,
// a CSV header and a config key get the same suggestions.
package nearest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// The words may come from requests and files: maxName bounds what is compared of a
// name, in bytes, and maxNames how many names are looked at.
const (
	maxName  = 256
	maxNames = 10_000
)

// Name returns the candidate with the smallest edit distance to word, ignoring
// case, or "" if none is near: within half of the word's length, or within 2 for a
// short word, and with at least one letter in common.
func Name(word string, candidates []string) string {
	if len(word) > maxName {
		return ""
	}
	best, distance := "", min(max(2, len(word)/2)+1, len(word))
	for _, c := range candidates[:min(len(candidates), maxNames)] {
		if len(c) > maxName {
			continue
		}
		d := compare(word, c)
		if d < distance || d == distance && best != "" && before(word, c, best) {
			best, distance = c, d
		}
	}
	return best
}

// Hint returns `did you mean "NAME"?` for the name that Name finds, or "".
func Hint(word string, candidates []string) string {
	if best := Name(word, candidates); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return ""
}

// First returns the names ordered by their distance to word, equally distant ones
// in their order.
func First(word string, names []string) []string {
	distance := make(map[string]int, len(names))
	for _, n := range names {
		distance[n] = compare(word[:min(len(word), maxName)], n[:min(len(n), maxName)])
	}
	out := slices.Clone(names)
	slices.SortStableFunc(out, func(a, b string) int { return distance[a] - distance[b] })
	return out
}

// before reports whether a, as near to word as b, is the better suggestion: people
// rarely mistype the beginning of a word.
func before(word, a, b string) bool {
	if x, y := common(word, a), common(word, b); x != y {
		return x > y
	}
	return a < b
}

// common is the length of the prefix that a and b share, ignoring case.
func common(a, b string) (n int) {
	a, b = strings.ToLower(a), strings.ToLower(b)
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func compare(a, b string) int {
	return levenshtein.ComputeDistance(strings.ToLower(a), strings.ToLower(b))
}
