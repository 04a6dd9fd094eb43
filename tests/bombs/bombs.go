// Package bombs makes inputs that are small and mean to take much: deep, wide, or
// claiming what they do not have. Tests of what reads untrusted bytes feed them,
// and hold what is allocated to a limit.
package bombs

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Size is about how many bytes an input has, and Limit how many it may take.
const (
	Size  = 1 << 19
	Limit = 64 << 20
)

// JSON are values of JSON, sound or not, by what they are.
func JSON() map[string]string {
	var keys strings.Builder
	for i := range Size / 12 {
		fmt.Fprintf(&keys, `"%d":0,`, i)
	}
	return map[string]string{
		"deep lists":         strings.Repeat("[", Size),
		"deep objects":       strings.Repeat(`{"a":`, Size/5),
		"sound deep lists":   strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"sound deep objects": strings.Repeat(`{"`+strings.Repeat("k", 40)+`":`, 9000) + "0" + strings.Repeat("}", 9000),
		"many lists":         "[" + strings.Repeat("[],", Size/3) + "[]]",
		"many objects":       "[" + strings.Repeat("{},", Size/3) + "{}]",
		"many nulls":         "[" + strings.Repeat("null,", Size/5) + "null]",
		"many numbers":       "[" + strings.Repeat("0,", Size/2) + "0]",
		"many texts":         "[" + strings.Repeat(`"",`, Size/3) + `""]`,
		"many keys":          "{" + keys.String() + `"":0}`,
		"one key, often":     "{" + strings.Repeat(`"a":{},`, Size/7) + `"a":{}}`,
		"a long text":        `"` + strings.Repeat("x", Size) + `"`,
		"a text of escapes":  `"` + strings.Repeat(`\u0000`, Size/6) + `"`,
		"a long number":      strings.Repeat("9", Size),
		"a huge exponent":    "1e999999999",
		"a huge count":       "999999999999",
	}
}

// Fields are objects of JSON of which each field in turn is a bomb: the object
// with %s where its fields are, as in `{"format": "v1", %s}`, and their names.
func Fields(object string, names ...string) map[string]string {
	out := map[string]string{}
	for what, bomb := range JSON() {
		for _, name := range names {
			out[what+" as "+name] = strings.Replace(object, "%s", fmt.Sprintf("%q:%s", name, bomb), 1)
		}
	}
	return out
}

// Each reads every input and fails the test where one takes more than Limit. It
// says nothing of what the reader makes of it.
func Each(t *testing.T, inputs map[string]string, read func(text string)) {
	t.Helper()
	Within(t, Limit, inputs, read)
}

// Within is Each with a limit of its own.
func Within(t *testing.T, limit uint64, inputs map[string]string, read func(text string)) {
	t.Helper()
	for name, text := range inputs {
		if took := Took(func() { read(text) }); took > limit {
			t.Errorf("%s: %d KiB took %d MiB", name, len(text)>>10, took>>20)
		}
	}
}

// Took is how many bytes f allocates, and whatever else goes on meanwhile.
func Took(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
