package releases

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// next is what the migration job of the next release leaves: a column and a table more,
// and its row in schema_readers.
const next = `
ALTER TABLE servings ADD COLUMN region TEXT NOT NULL DEFAULT '';
CREATE TABLE next_things (id INTEGER PRIMARY KEY);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true);
INSERT INTO schema_readers (version, kind, oldest_reader) VALUES (99, 'expand', 1)`

// pod is the present image, which a rollout was rolled back to: it finds a schema that a
// newer program has migrated, and a plan that a newer compiler wrote.
type pod struct {
	t      *testing.T
	binary string
	env    []string
}

// newPod gives the pod the release's plan in a format that the text says, with NEXT for the
// one after the newest that this program knows.
func newPod(t *testing.T, d database, dir, format string) pod {
	t.Helper()
	p := pod{t: t, binary: filepath.Join(t.TempDir(), "ashlar-runtime")}
	c := exec.Command("go", "build", "-o", p.binary, "github.com/ashlar-dev/ashlar/cmd/ashlar-runtime")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build ashlar-runtime: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "plans", "released-dev.json"))
	if err != nil {
		t.Fatal(err)
	}
	format = strings.ReplaceAll(format, "NEXT", strconv.Itoa(plan.Format+1))
	newer := strings.Replace(string(text), `"owner":{`, `"format":`+format+`,"owner":{"pager":"7",`, 1)
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}
	stored := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(stored, os.DirFS(filepath.Join(dir, "state", "store"))); err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	p.env = append(os.Environ(), "ASHLAR_PLAN="+file, "ASHLAR_STORE="+stored, "ASHLAR_DATA="+data,
		"ASHLAR_DATABASE="+d.location, "ASHLAR_AUTHOR=ada")
	return p
}

// does runs a duty to its end and returns what it says.
func (p pod) does(args ...string) (string, error) {
	c := exec.Command(p.binary, args...)
	c.Env = p.env
	out, err := c.CombinedOutput()
	return string(out), err
}

// serves starts the endpoint and waits until it is ready.
func (p pod) serves(listen string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, p.binary, "serve", "--endpoint", "scoring", "--listen", listen)
	c.Env = p.env
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	for ctx.Err() == nil {
		resp, err := http.Get("http://" + listen + "/ready")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancelled := ctx.Err()
	_ = c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err != nil || cancelled != nil {
		p.t.Errorf("serve: %v, %v\n%s", err, cancelled, said.String())
	}
	if !strings.Contains(said.String(), `"fields":["owner.pager"]`) {
		p.t.Errorf("nothing says what of the plan is ignored:\n%s", said.String())
	}
}

func TestAnImageThatIsRolledBackStarts(t *testing.T) {
	dir := folders(t)["0"]
	d := restored(t, dir)
	p := newPod(t, d, dir, `{"version":NEXT,"reads":1,"ignore":["owner.pager"]}`)
	if said, err := p.does("migrate"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	d.run(t, next)
	if said, err := p.does("migrate"); err != nil || !strings.Contains(said, `{"from":99,"to":99}`) {
		t.Errorf("the job of the image before: %v\n%s", err, said)
	}
	p.serves("127.0.0.1:" + freePort(t))
	if said, err := p.does("run", "--model", "lateness"); err != nil {
		t.Errorf("training: %v\n%s", err, said)
	}
	uses(t, d.open(t), "rolled-back")
}

func TestAnImageThatIsTooOldSaysWhatToUpgrade(t *testing.T) {
	dir := folders(t)["0"]
	d := restored(t, dir)
	p := newPod(t, d, dir, `{"version":NEXT,"reads":NEXT}`)
	if said, err := p.does("migrate"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	d.run(t, next+`; UPDATE schema_readers SET kind = 'contract', oldest_reader = 98 WHERE version = 99`)
	newest, _ := registry.Schemas()
	for duty, want := range map[string]struct {
		code string
		said string
	}{
		"migrate": {"exit status 3", fmt.Sprintf("works with programs that know version 98 or later; this one knows %d: upgrade the image", newest)},
		"retain":  {"exit status 2", fmt.Sprintf("this plan is of format %d; this program reads %s: upgrade the image", plan.Format+1, plan.Formats())},
	} {
		if said, err := p.does(duty); err == nil || err.Error() != want.code || !strings.Contains(said, want.said) {
			t.Errorf("%s: %v\n%s\nwant %+v", duty, err, said, want)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
