package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxJSON bounds an object that is decoded, in bytes.
const maxJSON = 64 << 20

// GetJSON decodes the whole, verified object into v, as plan.Unmarshal does. An empty digest is an error: whoever was
// to keep the object has not.
func (s *Store) GetJSON(ctx context.Context, digest string, v any) error {
	if digest == "" {
		return errors.New("no digest of an object to read")
	}
	b, err := s.GetBytes(ctx, digest, maxJSON)
	if err != nil {
		return err
	}
	if err := plan.Unmarshal(b, v); err != nil {
		return fmt.Errorf("object %s: %w", digest, err)
	}
	return nil
}
