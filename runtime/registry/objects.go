package registry

import (
	"context"
	"maps"
	"slices"
)

// Objects returns the digests of everything that the registry names, sorted: the
// model files, data and reports of its versions, and what the audit log says of
// versions as they once were. An object store must keep them.
// A garbage collector that relies on it must treat an error as "keep
// everything": the list is partial then.
func (r *Registry) Objects(ctx context.Context) ([]string, error) {
	found := map[string]bool{}
	err := r.view(ctx, func(h handle) error {
		models, err := texts(ctx, h, `SELECT DISTINCT model FROM versions ORDER BY model`)
		if err != nil {
			return err
		}
		for _, model := range models {
			all, err := readVersions(ctx, h, model)
			if err != nil {
				return err
			}
			for _, v := range all {
				found[v.ModelDigest], found[v.Data.Digest] = true, true
				for _, digest := range v.Evidence {
					found[digest] = true
				}
			}
		}
		// A renewed version names new evidence, and the log still the old, which an
		// auditor may ask for.
		entries, err := Filter{}.entries(ctx, h)
		for _, e := range entries {
			digestsIn(e.Details, found)
		}
		return err
	})
	// An empty text names no object.
	delete(found, "")
	return slices.Sorted(maps.Keys(found)), err
}

// digestsIn notes the digests among the values of an entry's details.
// Entries are decoded JSON, so values are texts, numbers, booleans, lists and
// objects; a digest may be at any depth, as in a version's record.
func digestsIn(value any, found map[string]bool) {
	switch value := value.(type) {
	case string:
		if isDigest(value) {
			found[value] = true
		}
	case []any:
		for _, one := range value {
			digestsIn(one, found)
		}
	case map[string]any:
		for _, one := range value {
			digestsIn(one, found)
		}
	}
}
