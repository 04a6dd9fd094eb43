package confine

import (
	"strings"
	"testing"
)

func TestAddressesLoseTheirCredentials(t *testing.T) {
	for in, want := range map[string]string{
		"http://proxy:3128":                           "http://proxy:3128",
		"http://ada:s3cret@proxy:3128":                "http://proxy:3128",
		"https://ada:p%40ss@proxy/simple?x=1":         "https://proxy/simple?x=1",
		"ada:s3cret@proxy:3128":                       "proxy:3128",
		"http://ada:s3@cret@proxy:3128":               "http://proxy:3128",
		"http://ada:s3cr%zzet@proxy":                  "http://proxy",
		"https://a:b@one/simple https://c:d@two/":     "https://one/simple https://two/",
		"localhost,.example.com,ada:s3cret@127.0.0.1": "localhost,.example.com,127.0.0.1",
		"/opt/tools/bin":                              "/opt/tools/bin",
	} {
		if got := Bare(in); got != want {
			t.Errorf("Bare(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzBare(f *testing.F) {
	f.Add("ada", "s3cret")
	f.Add("a/b", "c@d:e")
	f.Add("a://b", "x y,z")
	f.Fuzz(func(t *testing.T, user, password string) {
		secret := "5ecret-" + password
		if strings.ContainsAny(secret, " ,\n\t") {
			secret = "5ecret-"
		}
		for _, scheme := range []string{"", "http://"} {
			if got := Bare(scheme + user + ":" + secret + "@proxy:3128"); strings.Contains(got, "5ecret-") {
				t.Errorf("%q and %q still hold it: %q", user, password, got)
			}
		}
	})
}
