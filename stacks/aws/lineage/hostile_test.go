package lineage

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/namespace"
)

// mangled calls f with the seeds and with thousands of texts made of their
// pieces, the same in every run. It replaces fuzzing, which would
// instrument the AWS SDK beneath this package for minutes.
func mangled(seeds []string, f func(string)) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"/", "..", "*", "?", "[", "://", "s3", ":", "@", "%zz", "svc", ".", "0", "99999",
		"[::1]", "é", "\x00", "a"}
	for _, s := range seeds {
		f(s)
		for range 2000 {
			text := []byte(s)
			for range 1 + r.IntN(4) {
				at := r.IntN(len(text) + 1)
				text = []byte(string(text[:at]) + pieces[r.IntN(len(pieces))] + string(text[min(len(text),
					at+r.IntN(3)):]))
			}
			f(string(text))
		}
	}
}

// A source decides what a role may read: whatever it says, a relative one stays
// below the dataset's own bucket, and no key holds a pattern that would widen
// the permission.
func TestASourceStaysWhereItIs(t *testing.T) {
	seeds := []string{"data/a.csv", "../../b.csv", "s3://corp/../x*", "s3://", "s3://b", "a?b*c", "/etc/passwd",
		"s3://b//k", "x://y?z", ""}
	mangled(seeds, func(text string) {
		s, ok := SourceOf(plan.Dataset{Source: text})
		if !ok {
			return
		}
		if strings.ContainsAny(s.Key, "*?[") {
			t.Errorf("%q: key %q is a pattern", text, s.Key)
		}
		if s.Bucket == "" && (strings.HasPrefix(s.Key, "/") || strings.HasPrefix(s.Key, "../")) {
			t.Errorf("%q: key %q leads out of the bucket", text, s.Key)
		}
	})
}

// The URLs of a store and a database become flows to somewhere, or errors.
func TestURLsAreFlowsOrErrors(t *testing.T) {
	seeds := []string{
		"s3://b?endpoint=http://minio.storage.svc:9000", "s3://b?endpoint=minio", "s3://b?endpoint=http://a..svc:99999",
		"s3://b?endpoint=http://h:0", "%",
		"postgres://u:p@10.0.0.1:5433/d", "postgres://[::1]/d", "postgres://u@h:0/d", "postgres://%zz",
	}
	mangled(seeds, func(text string) {
		r := Anywhere(text, text, []string{"10.0.0.0/8", "192.168.0.0/16"})
		flow := r.Flow(Workload{Kind: KindPipeline, Name: "p",
			Grants: []Grant{{Access: ReadStore}, {Access: UseDatabase}}}, map[string]string{"a": "b"}, true)
		args := &namespace.Args{Name: "n", Quota: namespace.Quota{Pods: 1, CPU: 1, MemoryGi: 1},
			Flows: []namespace.Flow{flow}}
		if err := args.Validate(); err != nil {
			return
		}
		for _, p := range flow.To {
			if p.CIDR == nil && p.Namespace == "" || len(p.Ports) == 0 {
				t.Errorf("%q opens more than it names: %+v", text, p)
			}
		}
	})
}
