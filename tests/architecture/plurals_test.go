package architecture

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// byHand finds plurals that are made by an s behind whatever noun comes, as in
// "2 retrys".
var byHand = regexp.MustCompile(`%[ds] ?%ss\b|\b(noun|one|word|unit|what) ?\+ ?"s"|\b(retry|entry|category|policy|quer|dependency|class|batch)s\b.*%d`)

func TestPluralsAreMadeInOnePlace(t *testing.T) {
	if !byHand.MatchString(`fmt.Sprintf("%d %ss", n, noun)`) || !byHand.MatchString(`noun + "s"`) {
		t.Fatal("the expression does not find what it is for")
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if strings.HasSuffix(path, filepath.Join("plan", "counted.go")) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if byHand.MatchString(line) {
				t.Errorf("%s:%d makes a plural by hand; use plan.Counted: %s", path, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
