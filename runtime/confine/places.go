package confine

import (
	"os"
	"slices"
)

// readable are the places that the policy lets its command read, each without
// what is denied.
// Read places come whole, as they take precedence over Deny; what the machine
// offers is carved around it. Denying "/" would leave no program to run, and is
// ignored.
func (p *Policy) readable() []string {
	deny, wanted := real(p.Deny), real(p.Read)
	deny = slices.DeleteFunc(deny, func(d string) bool { return d == "/" }) // nothing could run
	closed := append([]string{}, deny...)
	if home, err := os.UserHomeDir(); err == nil {
		closed = append(closed, real([]string{home})...)
	}
	out := append(wanted, real(namePlaces)...)
	out = append(out, programPlaces(p.Path, closed)...)
	if p.Machine {
		return append(append(out, carve("/", append(deny, real(othersPlaces)...))...), "/proc", "/sys")
	}
	for _, place := range real(systemPlaces) {
		out = append(out, carve(place, deny)...)
	}
	return out
}
