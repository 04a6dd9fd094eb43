package render

import (
	"cmp"
	"slices"

	"github.com/ashlar-dev/ashlar/stacks/wave"
)

// order sets every object's wave, its kind's or a later one where it runs something
// and depends on an object of a later one, and sorts: by wave, then by path. What
// depends on a Job waits for the wave after it, since Argo CD waits between waves only.
// It repeats until nothing moves, at most once more than there are objects, which a
// cycle of dependencies on Jobs would otherwise exceed.
func order(all []*manifest) {
	byURN := map[string]*manifest{}
	for _, m := range all {
		byURN[m.resource.URN] = m
		m.wave = wave.Of(m.kind)
	}
	for changed, rounds := true, 0; changed && rounds <= len(all); rounds++ {
		changed = false
		for _, m := range all {
			if !wave.Waits(m.kind) {
				continue
			}
			for _, urn := range m.resource.Dependencies {
				before, ok := byURN[urn]
				if !ok {
					continue
				}
				least := before.wave
				if before.kind == "Job" {
					least++
				}
				if m.wave < least {
					m.wave, changed = least, true
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b *manifest) int {
		return cmp.Or(cmp.Compare(a.wave, b.wave), cmp.Compare(a.path, b.path))
	})
}
