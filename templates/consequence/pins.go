package consequence

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// pinned says which version is served from now on. Without a pin whatever is
// approved next is served, with nobody asked again: that is looser.
func pinned(d difference) []finding {
	before, after := decode[plan.Pin](d.before), decode[plan.Pin](d.after)
	switch {
	case d.before == nil:
		return []finding{{Added, fmt.Sprintf("serves version %d (%s) and no other",
			after.Version, shortened(after.Model))}}
	case d.after == nil:
		return []finding{{Loosened, fmt.Sprintf("is taken away: not version %d, but the newest that may be is served",
			before.Version)}}
	case before.Model == after.Model:
		return []finding{{Changed, fmt.Sprintf("version %d is the same model on other evidence", after.Version)}}
	}
	return []finding{{Changed, fmt.Sprintf("serves version %d (%s), was %d (%s)", after.Version, shortened(after.Model),
		before.Version, shortened(before.Model))}}
}

// shortened abbreviates a digest for people.
func shortened(digest string) string {
	const n = len("sha256:") + 12
	return digest[:min(n, len(digest))]
}
