//go:build unix

package endpoint

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// answering is a server of Python that answers /ping.
const answering = `python3 -c '
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
'`

func TestWhatHoldsAServerIsRecorded(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("skipped: there is no python3 to be the server")
	}
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	digest, _, err := s.Put(t.Context(), strings.NewReader("2.5"))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	e := &Endpoint{cfg: Config{Name: "scoring", Store: s, TempDir: t.TempDir(), Getenv: os.Getenv,
		Log: slog.New(slog.NewJSONHandler(&log, nil))}}
	t.Cleanup(e.Close)
	if e.Status().Confinement != nil {
		t.Error("a model that scores by itself has no server to hold")
	}
	b, err := e.start(t.Context(), &model.Model{
		Name: "m", Task: plan.Regression, Algorithm: plan.Custom,
		Signature: model.Signature{Target: "y", Inputs: []model.Field{{Name: "x", Type: plan.Number}}},
		Encoder:   model.Encoder{Fields: []model.FieldEncoder{{Name: "x", Type: plan.Number}}},
		Remote:    &model.Remote{Serve: []string{answering}, Path: "model.txt", Artifact: digest},
	})
	if err != nil {
		t.Fatal(err)
	}
	e.servers.next(b)
	held := e.Status().Confinement
	if held == nil || len(held.Held)+len(held.Open) == 0 {
		t.Fatalf("held is %v", held)
	}
	var line struct {
		Msg, Endpoint string
		Held, Open    []string
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Msg != "the server of the model is confined" ||
		line.Endpoint != "scoring" || len(line.Held) != len(held.Held) || len(line.Open) != len(held.Open) {
		t.Errorf("logged %+v (%v), want %+v", line, err, held)
	}
	e.Close()
	if e.Status().Confinement != nil {
		t.Error("what has ended is held by nothing")
	}
}

func TestAServerThatCannotBeAttachedIsEnded(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("skipped: there is no python3 to be the server")
	}
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	digest, _, err := s.Put(t.Context(), strings.NewReader("2.5"))
	if err != nil {
		t.Fatal(err)
	}
	e := &Endpoint{cfg: Config{Name: "scoring", Store: s, TempDir: t.TempDir(), Getenv: os.Getenv,
		Log: slog.New(slog.DiscardHandler)}}
	b, err := e.start(t.Context(), &model.Model{
		Name: "m", Task: plan.Multiclass, Algorithm: plan.Custom, // without classes it cannot be prepared
		Signature: model.Signature{Target: "y", Inputs: []model.Field{{Name: "x", Type: plan.Number}}},
		Encoder:   model.Encoder{Fields: []model.FieldEncoder{{Name: "x", Type: plan.Number}}},
		Remote:    &model.Remote{Serve: []string{answering}, Path: "model.txt", Artifact: digest},
	})
	defer b.end(0)
	if err == nil {
		t.Fatal("the model was attached; the test proves nothing")
	}
	// Stopping a process removes its folder.
	if left, dirErr := os.ReadDir(e.cfg.TempDir); b != nil || dirErr != nil || len(left) > 0 {
		t.Errorf("after %v the server is %v and left %v (%v)", err, b, left, dirErr)
	}
}
