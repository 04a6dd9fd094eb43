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

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// bucket is the one that the S3 server is started with.
const bucket = "models"

// keys are what the S3 server knows its only user by.
type keys struct{ id, secret string }

// gateway is the S3 server, which can be stopped and started again.
type gateway struct {
	g       ground
	data    string
	address string
	keys    keys
	cmd     *exec.Cmd
	said    strings.Builder
}

// location is the URL by which pods and this process reach a prefix in its bucket.
func (s *gateway) location() string {
	return "s3://" + bucket + "/ashlar?" + url.Values{
		"region": {"us-east-1"}, "endpoint": {"http://" + s.address}, "use_path_style": {"true"},
	}.Encode()
}

func (s *gateway) start(t *testing.T) {
	t.Helper()
	s.cmd = exec.Command(s.g.gateway, "--port", s.address, "--region", "us-east-1", "--quiet", "posix", "--sidecar",
		filepath.Join(s.data, "sidecar"), filepath.Join(s.data, "data"))
	s.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.keys.id, "ROOT_SECRET_KEY="+s.keys.secret)
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (s *gateway) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // killed
}

// server starts an S3 server with the bucket, and waits until it answers.
func (g ground) server(t *testing.T) *gateway {
	t.Helper()
	s := &gateway{g: g, data: t.TempDir(), address: g.free(t), keys: keys{"PROOF" + rand.Text()[:15], rand.Text()}}
	for _, dir := range []string{"sidecar", "data/" + bucket} { // a folder is a bucket to it
		if err := os.MkdirAll(filepath.Join(s.data, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.start(t)
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the S3 server:\n%s", s.said.String())
		}
	})
	t.Setenv("AWS_ACCESS_KEY_ID", s.keys.id)
	t.Setenv("AWS_SECRET_ACCESS_KEY", s.keys.secret)
	eventually(t, time.Minute, func() error {
		b, err := blob.OpenBucket(t.Context(), s.location())
		if err != nil {
			return err
		}
		ok, err := b.IsAccessible(t.Context())
		if err == nil && !ok {
			err = fmt.Errorf("bucket %s is not there", bucket)
		}
		return errors.Join(err, b.Close())
	})
	return s
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
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&ashlar_plaintext=allowed", "&") // pods are not on its machine
	return u.String()
}

// inSchema is the URL of a schema of the database.
func inSchema(t *testing.T, database, schema string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return plan.InSchema(u, schema).String()
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
