package serve_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

func logged(level slog.Level, cfg serve.Config) (serve.Config, *bytes.Buffer) {
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
	return cfg, &log
}

func TestNoFeatureValueIsLoggedOrAnswered(t *testing.T) {
	cfg, log := logged(slog.LevelDebug, serve.Config{LogEvery: 1})
	s := serving(t, loans(t), cfg)
	const secret, number = "s3cr3t", "867530912"
	var answers []*httptest.ResponseRecorder
	for _, value := range []string{`"` + secret + `"`, number, number + ".5", `[` + number + `, "` + secret + `"]`,
		`{"a": "` + secret + `"}`, `"` + secret + `\q"`, `"` + secret, number + "x", "0" + number} {
		for at := range 6 {
			row := []string{"1", "2", `"own"`, `"1"`, "true", "null"}
			row[at] = value
			list := strings.Join(row, ", ")
			answers = append(answers, predict(s, `{"features": [`+list+`]}`),
				predict(s, `{"features": [[`+list+`], [1]]}`), predict(s, `{"features": [`+list+`, 1]}`),
				predict(s, fmt.Sprintf(`{"features": {"Age": %s, "Income": %s, "Home": %s, "Band": %s, "Member": %s, "Since": %s}}`, row[0], row[1], row[2], row[3], row[4], row[5])))
		}
		answers = append(answers, predict(s, `{"x": `+value+`}`),
			predict(s, `{"features": `+value+`}`), predict(s, value))
	}
	answers = append(answers, ask(s, http.MethodPost, "/predict?Home="+secret, positional),
		ask(s, http.MethodGet, "/"+secret, ""))
	for _, w := range answers {
		if text := w.Body.String(); strings.Contains(text, secret) || strings.Contains(text, number) {
			t.Errorf("an answer repeats a value: %s", text)
		}
	}
	if strings.Contains(log.String(), secret) || strings.Contains(log.String(), number) {
		t.Errorf("the log holds a value:\n%.2000s", log)
	}
	if n := strings.Count(log.String(), "\n"); n != len(answers) {
		t.Errorf("%d lines for %d requests; the test would not see what is not logged", n, len(answers))
	}
}

func TestFailuresAreLoggedAndSuccessesSampled(t *testing.T) {
	cfg, log := logged(slog.LevelDebug, serve.Config{LogEvery: 10})
	s := serving(t, loans(t), cfg)
	for range 25 {
		fine(t, s, positional)
	}
	if n := strings.Count(log.String(), "status=200"); n != 2 {
		t.Errorf("%d of 25 successes were logged, want every tenth:\n%s", n, log)
	}
	log.Reset()
	for range 3 {
		ask(s, http.MethodPost, "/predict", "{", "X-Request-Id", "mine")
	}
	for _, want := range []string{"level=DEBUG", "request_id=mine", "method=POST", "path=/predict", "status=400",
		"duration=", "code=malformed_json"} {
		if n := strings.Count(log.String(), want); n != 3 {
			t.Errorf("%d of 3 failures say %s:\n%s", n, want, log)
		}
	}
	log.Reset()
	ask(s, http.MethodGet, "/unheard/of", "")
	if !strings.Contains(log.String(), "path=(other)") || strings.Contains(log.String(), "unheard") {
		t.Errorf("a path that is not ours: %s", log)
	}
	cfg, log = logged(slog.LevelInfo, serve.Config{LogEvery: 1})
	s = serving(t, loans(t), cfg)
	fine(t, s, positional)
	predict(s, "{")
	if log.Len() > 0 {
		t.Errorf("the access log is not for level info: %s", log)
	}
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 3, Observer: clumsy{}}); err != nil {
		t.Fatal(err)
	}
	ask(s, http.MethodPost, "/predict", positional, "X-Request-Id", "mine")
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "request_id=mine") ||
		!strings.Contains(log.String(), "metrics_test.go") {
		t.Errorf("a panic is not logged with its stack: %s", log)
	}
}
