package existing

import (
	"errors"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

// errUnsaid is what is known of an output that the provider has left out.
var errUnsaid = errors.New("the provider does not say")

// listed is await of a list that the provider leaves out where it is empty.
func listed[T any](ctx *pulumi.Context, out pulumi.Output) ([]T, error) {
	all, err := await[[]T](ctx, out)
	if errors.Is(err, errUnsaid) {
		return nil, nil
	}
	return all, err
}

// await returns an output of a resource that was read. The engine reads in a preview
// too, so that it is known; it waits, because a problem is to be found before the
// first resource is registered.
func await[T any](ctx *pulumi.Context, out pulumi.Output) (T, error) {
	var zero T
	got, err := internals.UnsafeAwaitOutput(ctx.Context(), out)
	if err != nil {
		return zero, err
	}
	switch v := got.Value.(type) {
	case T:
		return v, nil
	case *T:
		if v != nil {
			return *v, nil
		}
	}
	if !got.Known {
		return zero, errUnsaid
	}
	return zero, nil
}

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
