package architecture

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// ownClients may speak HTTP without package outbound: what they speak to is no
// address that a blueprint names.
var ownClients = map[string]string{
	"runtime/outbound/outbound.go":  "it is what all others use",
	"runtime/rollout/cluster.go":    "the API server that Kubernetes names to its pods",
	"runtime/pyfunc/pyfunc.go":      "a process that it started itself, on the loopback",
	"stacks/local/probe.go":         "the listener of its own process",
	"tests/peers/serve/server.go":   "a peer on the loopback",
	"tests/peers/serving/load.go":   "the servers of its own program, on the loopback",
	"tests/confine/escape/files.go": "it tries which doors are open",
	"tests/cluster/probe/main.go":   "it tries which connections a network policy leaves open",
}

// ownBuckets may open the bucket of a URL without looking at its endpoint.
var ownBuckets = map[string]string{"runtime/store/open.go": "it looks"}

// Whatever an address in a blueprint leads to, it is asked by one kind of
// client: see package outbound.
func TestClientsAreMadeInOnePlace(t *testing.T) {
	used := map[string]bool{}
	for _, s := range project(t) {
		if s.test() {
			continue
		}
		for _, what := range ownWays(s) {
			used[s.path] = true
			if ownClients[s.path] == "" && ownBuckets[s.path] == "" {
				t.Error(what)
			}
		}
	}
	for _, list := range []map[string]string{ownClients, ownBuckets} {
		for file := range list {
			if !used[file] {
				t.Errorf("%s makes no client; is the list out of date?", file)
			}
		}
	}
}

func TestClientsAreMadeInOnePlaceBites(t *testing.T) {
	for name, text := range map[string]string{
		"the default client":        `package x; import "net/http"; var c = http.DefaultClient`,
		"the default transport":     `package x; import "net/http"; var c = http.DefaultTransport`,
		"a client of its own":       `package x; import "net/http"; var c = &http.Client{}`,
		"a client, hidden":          `package x; import web "net/http"; var c web.Client`,
		"a transport":               `package x; import "net/http"; var c = new(http.Transport)`,
		"a function of the package": `package x; import "net/http"; var a, _ = http.Get("http://x")`,
		"a form":                    `package x; import "net/http"; var a, _ = http.PostForm("http://x", nil)`,
		"a bucket":                  `package x; import "gocloud.dev/blob"; var b, _ = blob.OpenBucket(nil, "s3://x")`,
		"a connection":              `package x; import "net"; var c, _ = net.Dial("tcp", "x:25")`,
		"a dialer":                  `package x; import "net"; var d net.Dialer`,
		"a connection over TLS":     `package x; import "crypto/tls"; var c, _ = tls.Dial("tcp", "x:465", nil)`,
	} {
		if len(ownWays(mustParse(t, "runtime/x/x.go", text))) == 0 {
			t.Errorf("%s went unnoticed", name)
		}
	}
	if found := ownWays(mustParse(t, "runtime/x/x.go",
		`package x; import "net/http"; type c struct{ client *http.Client }; var h http.Header`)); len(found) > 0 {
		t.Errorf("a client that was given: %v", found)
	}
}

// ownWays are the places of a file that make or take an HTTP client, a bucket or a
// connection of their own.
func ownWays(s source) []string {
	var out []string
	web, blob := importName(s, "net/http"), importName(s, "gocloud.dev/blob")
	dialers := []string{importName(s, "net"), importName(s, "crypto/tls")}
	given := map[ast.Node]bool{} // *http.Client as a type is one that somebody gave
	ast.Inspect(s.file, func(n ast.Node) bool {
		if p, ok := n.(*ast.StarExpr); ok {
			given[p.X] = true
		}
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		bad := x.Name == web && web != "" &&
			slices.Contains([]string{"DefaultClient", "DefaultTransport", "Client", "Transport", "Get", "Head", "Post",
				"PostForm"}, sel.Sel.Name) && !given[sel] ||
			x.Name == blob && blob != "" && sel.Sel.Name == "OpenBucket" ||
			slices.Contains(dialers, x.Name) &&
				slices.Contains([]string{"Dial", "DialTimeout", "DialWithDialer", "Dialer"}, sel.Sel.Name)
		if bad {
			out = append(out, fmt.Sprintf("%s:%d: %s.%s: take a client or the dialer of package runtime/outbound, or store.OpenBucket", s.path, s.fset.Position(n.Pos()).Line, x.Name, sel.Sel.Name))
		}
		return true
	})
	return out
}
