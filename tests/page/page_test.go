//go:build integration

// Package page looks at the local stack's page in Chromium, after real traffic
// has drifted.
package page

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

func chromium(t *testing.T, args ...string) []byte {
	t.Helper()
	name, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("this test needs chromium on PATH (Debian: apt-get install chromium)")
	}
	cmd := exec.Command(name, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir(), "--virtual-time-budget=3000",
	}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return out
}

// running is the credit example with a drift window of a second.
func running(t *testing.T) *ashlar.Process {
	t.Helper()
	binary := ashlar.Build(t)
	dir := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command(binary, "init", dir, "--example", "credit").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(dir, "credit.cue")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), `window: "1h"`, `window: "1s", min_rows: 50`, 1)
	if err := os.WriteFile(file, []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := ashlar.Up(binary, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return p
}

// drift sends applications that look like nobody in the training data.
func drift(t *testing.T, url string) {
	t.Helper()
	for i := range 120 {
		body := fmt.Sprintf(`{"features": [1, "rent", 60, %d, "single", "yes", "partime", 35, 10, 0, 0, 5000, 11000]}`,
			18+i%5)
		resp, err := http.Post(url+"/predict", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("predict: %s", resp.Status)
		}
	}
}

func TestThePageInChromium(t *testing.T) {
	p := running(t)
	drift(t, p.URL)
	dom := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && !strings.Contains(dom, `class="drifted"`); {
		time.Sleep(500 * time.Millisecond)
		dom = string(chromium(t, "--dump-dom", p.URL+"/"))
	}
	for _, want := range []string{
		`<b>ingest</b>`, `<b>register</b>`, `badge approved`, `champion`, `chain verified`,
		`class="drifted"`, `class="cur"`,
		"Permutation importance", "Mean contribution to the score", "Fairness by Age", "Expectations of the data", "curl -s " + p.URL + "/predict",
	} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	shot := filepath.Join(t.TempDir(), "page.png")
	if keep := os.Getenv("ASHLAR_SCREENSHOT"); keep != "" {
		shot = keep
	}
	chromium(t, "--window-size=1280,3200", "--screenshot="+shot, p.URL+"/")
	if info, err := os.Stat(shot); err != nil || info.Size() < 20_000 {
		t.Errorf("no screenshot worth the name: %v", err)
	}
}
