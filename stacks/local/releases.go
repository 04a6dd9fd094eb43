package local

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// Releases returns what is known of the releases of each endpoint that has had one,
// in order of the endpoint's name. It is what `ashlar up` kept last, about a second ago.
func (s *State) Releases(ctx context.Context) ([]*release.State, error) {
	names, err := endpoint.Released(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	out := []*release.State{}
	for _, name := range names {
		st, err := endpoint.ReadReleases(ctx, s.Store, name)
		if err != nil {
			return nil, err
		}
		if st != nil {
			out = append(out, st)
		}
	}
	return out, nil
}
