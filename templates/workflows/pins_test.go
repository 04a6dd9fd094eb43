package workflows

import (
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pin is what a version, a sum or a commit looks like.
var pin = regexp.MustCompile(`\b[0-9a-f]{40}\b|\b[0-9a-f]{64}\b|\bv?[0-9]+\.[0-9]+\.[0-9]+\b`)

// loopback is an address and no version.
const loopback = "127.0.0.1"

func TestVersionsStandInOnePlace(t *testing.T) {
	found := 0
	if err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		found++
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		for _, one := range pin.FindAllString(strings.ReplaceAll(string(text), loopback, ""), -1) {
			t.Errorf("%s names %s: pins.go is the place", name, one)
		}
		return nil
	}); err != nil || found < 20 {
		t.Errorf("%d files: %v", found, err)
	}
}

func TestPinsAreWhole(t *testing.T) {
	sum, commit := regexp.MustCompile(`^[0-9a-f]{64}$`), regexp.MustCompile(`^[0-9a-f]{40}$`)
	for name, got := range map[string]string{"x64": pulumiSumX64, "arm64": pulumiSumArm64} {
		if !sum.MatchString(got) {
			t.Errorf("Pulumi's sum for %s is %q", name, got)
		}
	}
	if pulumiSumX64 == pulumiSumArm64 {
		t.Error("one sum for two archives")
	}
	for _, a := range actions {
		if !commit.MatchString(a.commit) || !strings.HasPrefix(a.version, "v") {
			t.Errorf("%+v", a)
		}
	}
}

// TestGoIsNewEnough: the Go that builds a commit is one that go.mod accepts.
func TestGoIsNewEnough(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^go 1\.(\d+)\.(\d+)$`).FindSubmatch(text)
	n := regexp.MustCompile(`^1\.(\d+)\.(\d+)$`).FindStringSubmatch(goVersion)
	if m == nil || n == nil {
		t.Fatalf("go.mod has %q, the workflows %q", m, goVersion)
	}
	number := func(s string) int { i, _ := strconv.Atoi(s); return i }
	need, have := number(string(m[1]))*1000+number(string(m[2])), number(n[1])*1000+number(n[2])
	if have < need {
		t.Errorf("the workflows build with Go %s, and go.mod needs %s", goVersion, m[0])
	}
}
