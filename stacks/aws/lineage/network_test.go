package lineage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func TestTheNetworkOfAnyClusterIsWhatItsURLsSay(t *testing.T) {
	for name, c := range map[string]struct {
		store, database string
		want            string
	}{
		"services of this cluster": {"s3://b?endpoint=http://minio.storage.svc:9000",
			"postgres://u:p@pg.data.svc.cluster.local/d", "storage 9000, data 5432"},
		"addresses": {"s3://b?endpoint=http://10.245.0.1:7070", "postgres://u:p@10.1.2.3:5433/d",
			"10.245.0.1/32 7070, 10.1.2.3/32 5433"},
		"plain HTTP": {"s3://b?endpoint=http://10.245.0.1", "postgres://u:p@[fd00::1]:5432/d",
			"10.245.0.1/32 80, fd00::1/128 5432"},
		"the world": {"s3://b?region=eu-west-1", "postgres://u:p@db.example.com/d",
			"0.0.0.0/0 443, 10.0.0.0/8 5432, 172.16.0.0/12 5432"},
	} {
		r := Anywhere(c.store, c.database, []string{"10.0.0.0/8", "172.16.0.0/12"})
		if got := peers(r); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func peers(r Reach) string {
	var out []string
	for _, p := range append(r.store, r.Database...) {
		at := p.Namespace
		if text, ok := p.CIDR.(pulumi.String); ok {
			at = string(text)
		}
		for _, port := range p.Ports {
			at += fmt.Sprintf(" %d", port)
		}
		out = append(out, at)
	}
	return strings.Join(out, ", ")
}
