//go:build unix

package pyfunc

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// server is a page of Python that predicts the sum of a row's numbers, times the
// factor that is its artifact.
const server = `
import http.server, json, os, sys
factor = float(open("model.txt").read())
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, code, body):
        body = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, {})
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["dataframe_split"]
        if any("crash" in row for row in asked["data"]):
            os._exit(3)
        if any("odd" in row for row in asked["data"]):
            return self.answer(200, {"predictions": ["no number"] * len(asked["data"])})
        if any("error" in row for row in asked["data"]):
            return self.answer(500, {"error": "oh no"})
        self.answer(200, {"predictions": [factor * sum(v for v in row if isinstance(v, float) or isinstance(v, int)) for row in asked["data"]]})
    def log_message(self, *args):
        pass
print("listening", file=sys.stderr)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`

func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skipped: there is no python3 to be the server")
	}
	return path
}

// remote is a model whose server runs the line.
func remote(t *testing.T, line string) (*model.Model, *store.Store) {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	digest, _, err := s.Put(t.Context(), strings.NewReader("2.5"))
	if err != nil {
		t.Fatal(err)
	}
	return &model.Model{
		Name: "m", Task: plan.Regression, Algorithm: plan.Custom, Params: plan.Params{},
		Signature: model.Signature{Target: "y",
			Inputs: []model.Field{{Name: "x", Type: plan.Number, Nullable: true}, {Name: "kind", Type: plan.Text}}},
		Encoder: model.Encoder{Fields: []model.FieldEncoder{{Name: "x", Type: plan.Number},
			{Name: "kind", Type: plan.Text}}},
		Remote: &model.Remote{Serve: []string{line}, Path: "model.txt", Artifact: digest},
	}, s
}

func start(t *testing.T, m *model.Model, s *store.Store) *Process {
	t.Helper()
	// The server's script lies below the folder of temporary files.
	p, err := Start(t.Context(), m, Config{Store: s, TempDir: t.TempDir(), Getenv: os.Getenv,
		Confine: confine.Policy{Read: []string{os.TempDir()}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	if err := m.Attach(p); err != nil {
		t.Fatal(err)
	}
	return p
}

func script(t *testing.T) string {
	t.Helper()
	file := t.TempDir() + "/server.py"
	if err := os.WriteFile(file, []byte(server), 0o600); err != nil {
		t.Fatal(err)
	}
	return python(t) + " " + file
}

func TestAServerScoresRowsAndFrames(t *testing.T) {
	m, s := remote(t, script(t))
	var file bytes.Buffer
	if err := m.Encode(&file); err != nil {
		t.Fatal(err)
	}
	m, err := model.Decode(&file) // as it is served: from its file
	if err != nil {
		t.Fatal(err)
	}
	if held := start(t, m, s).Confinement(); len(held.Held)+len(held.Open) == 0 {
		t.Error("nobody knows what holds the server")
	}
	frame := &dataset.Frame{Rows: 3, Columns: []dataset.Column{
		{Name: "x", Type: plan.Number, Floats: []float64{1, 2, 3}},
		{Name: "kind", Type: plan.Text, Codes: []int32{0, 0, -1}, Dict: []string{"a"}},
	}}
	got, err := m.Predict(frame)
	if err != nil || got.Value[0] != 2.5 || got.Value[2] != 7.5 {
		t.Errorf("%+v, %v", got, err)
	}
	scorer := m.NewScorer()
	scorer.SetFloat(0, 4)
	scorer.SetText(1, "never seen")
	if score := scorer.Score(); scorer.Err() != nil || score.Value != 10 {
		t.Errorf("%+v, %v", score, scorer.Err())
	}
	for text, want := range map[string]string{"odd": "answers a number", "error": "answers 500"} {
		scorer.SetText(1, text)
		if scorer.Score(); scorer.Err() == nil || !strings.Contains(scorer.Err().Error(), want) {
			t.Errorf("%s: %v", text, scorer.Err())
		}
	}
	scorer.SetText(1, "fine again")
	if scorer.Score(); scorer.Err() != nil {
		t.Errorf("after an error: %v", scorer.Err())
	}
}

func TestAServerThatEndsIsStartedAgain(t *testing.T) {
	m, s := remote(t, script(t))
	start(t, m, s)
	scorer := m.NewScorer()
	scorer.SetFloat(0, 1)
	scorer.SetText(1, "crash")
	if scorer.Score(); scorer.Err() == nil {
		t.Fatal("it answered although it ended")
	}
	scorer.SetText(1, "a")
	for range 100 {
		if scorer.Score(); scorer.Err() == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("it is not up again: %v", scorer.Err())
}

func TestAServerThatCannotStartSaysWhatItPrinted(t *testing.T) {
	m, s := remote(t, "echo no module named x >&2; exit 1")
	_, err := Start(t.Context(), m, Config{Store: s, TempDir: t.TempDir(), Getenv: os.Getenv})
	if err == nil || !strings.Contains(err.Error(), "exit code 1") ||
		!strings.Contains(err.Error(), "no module named x") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatHoldsTooMuchIsEnded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the resident size of a group is known on Linux only")
	}
	m, s := remote(t, `x=0123456789abcdef; while :; do x="$x$x"; done`)
	_, err := Start(t.Context(), m, Config{Store: s, TempDir: t.TempDir(), Getenv: os.Getenv, Memory: 64 << 20})
	if err == nil || !strings.Contains(err.Error(), "limit of 64 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestStopEndsTheServer(t *testing.T) {
	m, s := remote(t, script(t))
	p := start(t, m, s)
	p.Stop()
	if answer, err := http.Get(p.url + "/ping"); err == nil {
		_ = answer.Body.Close()
		t.Error("it still answers")
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("its folder is still there (%v)", err)
	}
}

func FuzzPredictions(f *testing.F) {
	f.Add([]byte(`{"predictions":[1,"a",[0.5,0.5]]}`))
	f.Add([]byte(`[1]`))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = predictions(b) })
}
