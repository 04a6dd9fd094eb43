package main

import (
	"log/slog"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/collector"
)

func TestARunOfADutyIsATrace(t *testing.T) {
	c := collector.New(t)
	e := credit(t, nil).with("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL).with("OTEL_SERVICE_NAME", "pipeline-nightly")
	if got := duty(t, e, "migrate"); got.code != 0 {
		t.Fatal(got.log)
	}
	if got := duty(t, e, "run", "--pipeline", "nightly"); got.code != 0 {
		t.Fatal(got.log)
	}
	train := c.One(t, "stage train")
	for _, s := range c.Spans() {
		if s.Trace != train.Trace || s.Resource["service.name"] != "pipeline-nightly" {
			t.Errorf("%+v", s)
		}
		if s.ID == train.Parent && s.Attributes["ashlar.run"] != train.Attributes["ashlar.run"] {
			t.Errorf("the run's span is %+v", s)
		}
	}
}

func TestHowMuchIsLoggedIsAVariable(t *testing.T) {
	for text, want := range map[string]slog.Level{"": slog.LevelInfo, "debug": slog.LevelDebug, "WARN": slog.LevelWarn,
		"loud": slog.LevelInfo} {
		if got := level(env{"ASHLAR_LOG_LEVEL": text}.get); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}
