package config

import (
	"strings"
	"testing"
	"time"
)

func TestSupportIsSaidBeforeItEnds(t *testing.T) {
	for _, c := range []struct{ version, now, want string }{
		{"1.35", "2026-12-26", ""},
		{"1.35", "2026-12-27", "1.35: standard support ends on 2027-03-27, and a cluster costs six times as much after; upgrade by one minor version at a time to a newer version"},
		{"1.34", "2026-11-30", "ends on 2026-12-02"},
		{"1.34", "2026-11-30", "to 1.35"},
		{"1.34", "2026-12-02", "ended on 2026-12-02, and a cluster costs six times as much until 2027-12-02"},
		{"1.29", "2026-11-30", "extended support ended on 2026-03-23"},
		{"1.28", "2026-11-30", "no longer offers it"},
		{"1.36", "2036-01-01", ""}, // its end is not known
	} {
		now, err := time.Parse(time.DateOnly, c.now)
		if err != nil {
			t.Fatal(err)
		}
		cfg := sound(LayerFoundation, ProviderAWS)
		cfg.Cluster.Version, cfg.Now = c.version, now
		if got := cfg.Support(); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s on %s: %q, want %q", c.version, c.now, got, c.want)
		}
		if err := Validate(nil, cfg); err != nil {
			t.Errorf("%s: %v", c.version, err)
		}
		cfg.Now = time.Time{}
		if got := cfg.Support(); got != "" {
			t.Errorf("without a clock: %q", got)
		}
	}
}

// TestTheDefaultIsTheNewestOfTheCalendar: whoever adds a version moves the default.
func TestTheDefaultIsTheNewestOfTheCalendar(t *testing.T) {
	for version, end := range calendar {
		if end.After(calendar[DefaultVersion]) || minor(version) > minor(DefaultVersion) {
			t.Errorf("%s is newer than the default %s", version, DefaultVersion)
		}
	}
	cfg := sound(LayerFoundation, ProviderAWS)
	if cfg = cfg.Filled(); cfg.Cluster.Version != DefaultVersion {
		t.Errorf("the default is %s", cfg.Cluster.Version)
	}
	for _, wrong := range []string{"1.35.1", "latest", "1.7", "2.0", "1.035", "v1.35", "1.1000"} {
		cfg.Cluster.Version = wrong
		wants(t, Validate(nil, cfg), "cluster.version", "default "+DefaultVersion,
			"2027-03-27")
	}
}
