//go:build integration

package workload

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// URLs

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const (
	accessKey = "ashlar-test"
	secretKey = "ashlar-test-s3cr3t"
	bucket    = "ashlar"
)

// place is an S3 server and a PostgreSQL schema, and the environment that a
// workload is told of them by.
type place struct {
	t       *testing.T
	runtime string // the binary
	cli     string
	gateway *gateway
	owner   string // URL of the schema, as its owner
	schema  string // that migrate makes, and names the users after
	env     []string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	database, server := os.Getenv("ASHLAR_TEST_POSTGRES"), os.Getenv("ASHLAR_TEST_S3GW")
	if database == "" || server == "" {
		t.Skip("no PostgreSQL or no S3 server to run workloads with: set ASHLAR_TEST_POSTGRES to the URL of a database whose user may make schemas and users, and ASHLAR_TEST_S3GW to a versitygw binary")
	}
	dir := t.TempDir()
	p := &place{t: t, runtime: compiled(t, dir, "ashlar-runtime"), cli: compiled(t, dir, "ashlar")}
	p.gateway = newGateway(t, server, filepath.Join(dir, "s3"))
	p.owner, p.schema = schema(t, database)
	p.env = append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+secretKey, "AWS_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true",
		"ASHLAR_STORE="+p.gateway.url(bucket+"/store"), "ASHLAR_DATA="+p.gateway.url(bucket+"/data"),
		"ASHLAR_AUTHOR=pipeline/nightly",
	)
	return p
}

// as is the environment in which the database is reached as the duty's user.
func (p *place) as(d plan.Duty) []string {
	return append(slices.Clone(p.env), "ASHLAR_DATABASE="+option(p.t, p.owner, "role", d.User(p.schema)))
}

func compiled(t *testing.T, dir, command string) string {
	t.Helper()
	out := filepath.Join(dir, command)
	cmd := exec.Command("go", "build", "-o", out, "github.com/ashlar-dev/ashlar/cmd/"+command)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", command, err, said)
	}
	return out
}

// schema names a schema that is not there yet, with its URL; it is dropped at the end.
func schema(t *testing.T, database string) (location, name string) {
	t.Helper()
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	do := func(statements ...string) {
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	name = "ashlar_test_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() {
		do(`DROP SCHEMA IF EXISTS ` + name + ` CASCADE`)
		for _, d := range plan.Duties() {
			do(`DROP OWNED BY `+d.User(name), `DROP ROLE `+d.User(name))
		}
		db.Close()
	})
	return option(t, database, "search_path", name), name
}

func option(t *testing.T, location, name, value string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery += "&" + name + "=" + url.QueryEscape(value)
	return u.String()
}

// gateway is an S3 server on a folder, on an address that stays its own.
type gateway struct {
	t       *testing.T
	binary  string
	folder  string
	address string
	cmd     *exec.Cmd
}

func newGateway(t *testing.T, binary, folder string) *gateway {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(folder, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{t: t, binary: binary, folder: folder, address: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	g.up()
	t.Cleanup(g.down)
	return g
}

// url is a place in the server, as gocloud.dev writes it.
func (g *gateway) url(path string) string {
	return fmt.Sprintf("s3://%s?region=us-east-1&endpoint=http://%s&use_path_style=true", path, g.address)
}

func (g *gateway) up() {
	g.t.Helper()
	g.cmd = exec.Command(g.binary, "--access", accessKey, "--secret", secretKey, "--region", "us-east-1", "--port",
		g.address, "--quiet", "posix", g.folder)
	var said bytes.Buffer
	g.cmd.Stdout, g.cmd.Stderr = &said, &said
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	await(g.t, "the S3 server", func() error {
		conn, err := net.Dial("tcp", g.address)
		if err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
		return conn.Close()
	})
}

func (g *gateway) down() {
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
}

// upload puts a file into the bucket.
func (p *place) upload(file, key string) {
	p.t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	u := p.gateway.url(bucket)
	b, err := blob.OpenBucket(ctx, u)
	if err != nil {
		p.t.Fatal(err)
	}
	defer b.Close()
	if err := b.WriteAll(ctx, key, content, nil); err != nil {
		p.t.Fatal(err)
	}
}

// deploy writes the plan where a ConfigMap would be mounted.
func (p *place) deploy(edit func(*plan.Plan)) {
	p.t.Helper()
	f, err := os.Open("../../blueprints/testdata/credit.prod.json")
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	deployed, err := plan.Decode(f)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, e := range deployed.Endpoints {
		e.Access = &plan.Access{Public: true} // these tests are not about callers
		deployed.Endpoints[name] = e
	}
	edit(deployed)
	text, err := deployed.Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.TempDir(), "plan.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.env = append(p.env, "ASHLAR_PLAN="+file)
}

// await waits until f has no complaint, for a minute at most.
func await(t *testing.T, what string, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// get answers a GET request's status and JSON.
func get(url string) (int, map[string]any, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	var body map[string]any
	return resp.StatusCode, body, json.NewDecoder(resp.Body).Decode(&body)
}
