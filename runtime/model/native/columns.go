package native

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// columns says which of the encoder's columns each of the model's is.
//
// Where the file's names are the encoder's, names decide, whatever they look
// like: a column may well be called f0. Position decides where the file has no
// names, and where it has only those that libraries make up and nothing in the
// blueprint is called so. Names that could mean either are an error.
//
// The result has the encoder's column for each of the file's. A wrong guess
// would score every row with the wrong features and fail nowhere, so the cases
// go from certain to likely, and what is left is an error that shows both
// lists.
func (m *Imported) columns(enc *model.Encoder) ([]int32, error) {
	names := enc.FeatureNames()
	if m.Width != len(names) {
		return nil, fmt.Errorf("it has %d features, and the preprocessing makes %d (%s); train on the columns of prepare:train_features.csv but the last", m.Width, len(names), listed(names))
	}
	if len(m.Features) == 0 {
		return inOrder(len(names)), nil
	}
	for _, called := range [][]string{names, enc.ColumnNames()} { // as the encoder has them, and as its file has them
		if out, ok := placed(m.Features, called); ok {
			return out, nil
		}
	}
	if generic(m.Features) {
		return m.unnamed(enc, names)
	}
	plain, file := plainNames(names), plainNames(m.Features)
	if slices.Equal(plain, file) && m.standsInPlace(names) {
		return inOrder(len(names)), nil // also where what the library left of two names is the same
	}
	out, ok := placed(file, plain)
	if ok {
		return out, nil
	}
	if twice := repeated(plain); twice != "" {
		return nil, fmt.Errorf("its features %s cannot be told apart: several of the preprocessing's %s become %q where a library takes signs out of names; keep their order, or rename the columns", listed(m.Features), listed(names), twice)
	}
	var unknown []string
	left := indexOf(plain)
	for i, n := range file {
		if _, ok := left[n]; !ok {
			unknown = append(unknown, m.Features[i])
		}
		delete(left, n) // a name that comes twice is of one column
	}
	return nil, fmt.Errorf("its features %s are not among the preprocessing's %s; keep the names of prepare:train_features.csv", listed(unknown), listed(names))
}

// unnamed are columns under names that a library makes up: they are in order,
// unless the blueprint calls one of its own so.
func (m *Imported) unnamed(enc *model.Encoder, names []string) ([]int32, error) {
	called := slices.Clone(names)
	for i := range enc.Fields {
		called = append(called, enc.Fields[i].Name)
	}
	var both []string
	own := indexOf(called)
	for _, n := range m.Features {
		if _, ok := own[n]; ok {
			both = append(both, n)
		}
	}
	if len(both) == 0 {
		return inOrder(len(names)), nil
	}
	return nil, errors.New("its features " + listed(m.Features) +
		" are names that a library makes up for columns without any, which would go by position, and " +
		listed(both) + " is also the blueprint's own name, which would go by name; the preprocessing makes " +
		listed(names) +
		": train with exactly these names (pandas keeps those of prepare:train_features.csv), or with none")
}

// standsInPlace reports whether no name of the file is another column's.
//
// Where the plain names agree in order, a file's name that is exactly another
// column's means that the file was written in another order.
func (m *Imported) standsInPlace(names []string) bool {
	index := indexOf(names)
	for i, n := range m.Features {
		if at, ok := index[n]; ok && int(at) != i {
			return false
		}
	}
	return true
}

// placed finds each of the file's names among the others, which must all be
// distinct and all be there.
//
// It reports false where a name is not found, is used twice, or where the
// others have names that are equal, since these could not be told apart.
func placed(file, names []string) ([]int32, bool) {
	index := indexOf(names)
	out, taken := make([]int32, len(file)), make([]bool, len(names))
	for i, n := range file {
		at, ok := index[n]
		if !ok || taken[at] {
			return nil, false
		}
		out[i], taken[at] = at, true
	}
	return out, len(index) == len(names)
}

func indexOf(names []string) map[string]int32 {
	out := make(map[string]int32, len(names))
	for i, n := range names {
		out[n] = int32(i)
	}
	return out
}

// repeated is a name that is there twice, or "".
func repeated(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return sorted[i]
		}
	}
	return ""
}

func inOrder(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// generic reports whether the names are those that a library makes up for
// columns without: f0, f1 or Column_0, Column_1.
func generic(names []string) bool {
	for i, n := range names {
		if n != fmt.Sprintf("f%d", i) && n != fmt.Sprintf("Column_%d", i) {
			return false
		}
	}
	return true
}

// plainNames are names without what the libraries forbid in them: XGBoost [, ]
// and <, LightGBM the signs of JSON and spaces.
func plainNames(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strings.Map(func(c rune) rune {
			if strings.ContainsRune("[]<>{}:,\" ", c) {
				return '_'
			}
			return c
		}, name)
	}
	return out
}

// listed writes the first names.
func listed(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}
