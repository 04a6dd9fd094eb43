package image

import "testing"

// FuzzParseReference: what is read names a registry, a repository and a tag, and
// reads again as the same.
func FuzzParseReference(f *testing.F) {
	for _, seed := range []string{"registry.example.com/team/ashlar-runtime:1.2.0", "ashlar", "a:b",
		"127.0.0.1:5000/a:b", "[::1]:5000/a:b", "a/b@sha256:00", "A/B:c", "x.com/a:" +
			string(make([]byte, 200)), "../a:b", "x.com//a:b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tag, err := ParseReference(text)
		if err != nil {
			return
		}
		if tag.RegistryStr() == "" || tag.RepositoryStr() == "" || tag.TagStr() == "" {
			t.Errorf("%q: %q, %q, %q", text, tag.RegistryStr(), tag.RepositoryStr(), tag.TagStr())
		}
		again, err := ParseReference(tag.String())
		if err != nil || again.Name() != tag.Name() {
			t.Errorf("%q reads as %q, then as %q (%v)", text, tag.Name(), again.Name(), err)
		}
	})
}
