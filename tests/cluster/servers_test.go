//go:build integration

package cluster

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// buckets
)

// bucket is the one that the S3 server is started with.
const bucket = "models"

// keys are what the S3 server knows its only user by.
type keys struct{ id, secret string }

// store starts the S3 server and returns the URL by which pods and this process
// reach a prefix in its bucket.
func (g ground) store(t *testing.T) (string, keys) {
	t.Helper()
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, bucket), 0o700); err != nil { // a folder is a bucket to it
		t.Fatal(err)
	}
	k := keys{"PROOF" + rand.Text()[:15], rand.Text()}
	address := g.free(t)
	cmd := exec.Command(g.gateway, "--port", address, "--region", "us-east-1", "--quiet", "posix", "--sidecar", t.TempDir(), data)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+k.id, "ROOT_SECRET_KEY="+k.secret)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Logf("the S3 server:\n%s", said.String())
		}
	})
	t.Setenv("AWS_ACCESS_KEY_ID", k.id)
	t.Setenv("AWS_SECRET_ACCESS_KEY", k.secret)
	location := "s3://" + bucket + "/ashlar?" + url.Values{
		"region": {"us-east-1"}, "endpoint": {"http://" + address}, "use_path_style": {"true"},
	}.Encode()
	eventually(t, time.Minute, func() error {
		b, err := blob.OpenBucket(t.Context(), location)
		if err != nil {
			return err
		}
		ok, err := b.IsAccessible(t.Context())
		if err == nil && !ok {
			err = fmt.Errorf("bucket %s is not there", bucket)
		}
		return errors.Join(err, b.Close())
	})
	return location, k
}

// free returns an address of the node that nobody listens on.
func (g ground) free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(g.node, "0"))
	if err != nil {
		t.Fatalf("this machine does not have the node's address: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// upload writes a file to the folder that a blob URL names.
func upload(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	u, err := url.Parse(folder)
	if err != nil {
		t.Fatal(err)
	}
	prefix := strings.Trim(u.Path, "/")
	u.Path = ""
	b, err := blob.OpenBucket(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.WriteAll(t.Context(), prefix+"/"+name, content, nil); err != nil {
		t.Fatal(err)
	}
}

// database makes an empty one and returns its URL.
func (g ground) database(t *testing.T) string {
	t.Helper()
	name := "ashlar_" + strings.ToLower(rand.Text()[:12])
	g.sql(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { g.sql(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	u := *g.postgres
	u.Path = "/" + name
	return u.String()
}

func (g ground) sql(t *testing.T, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", g.postgres.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}
