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

// told finds a number before a plural in what is told of work that was done,
// where the number may be 1: not "1 of 3 rows", "at most 3 rows" or "3 to 5 rows".
var (
	telling = regexp.MustCompile(`\b(Detail|Observed|Message|Notice|Fprintf|Fprint|out|parts|say)\b|return fmt\.Sprintf|a\.out`)
	told    = regexp.MustCompile(`(\w+ )?%d (rows|columns|stages|trials|files|runs|versions|objects|models|features|classes)\b`)
	bounds  = regexp.MustCompile(`^(most|least|than|to|last|first|the|best|of) `)
)

// mayBeOne reports whether the line may say "1 rows".
func mayBeOne(line string) bool {
	if !telling.MatchString(line) || strings.Contains(line, "Errorf") || strings.Contains(line, "rror(") {
		return false
	}
	for _, m := range told.FindAllStringSubmatchIndex(line, -1) {
		before := ""
		if m[2] >= 0 {
			before = line[m[2]:m[3]]
		}
		if !bounds.MatchString(before) {
			return true
		}
	}
	return false
}

func TestOneIsNoPlural(t *testing.T) {
	for line, want := range map[string]bool{
		`res.Detail = fmt.Sprintf("%d rows to train on, %d to test on", a, b)`: true,
		`out := fmt.Sprintf("window of a %d rows", r.Rows)`:                    true,
		`out := fmt.Sprintf("%d of %d rows", a, b)`:                            false,
		`out := fmt.Sprintf("at most %d rows", a)`:                             false,
		`return fmt.Errorf("%d rows", a)`:                                      false,
	} {
		if mayBeOne(line) != want {
			t.Errorf("%s: want %t", line, want)
		}
	}
}

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
			if byHand.MatchString(line) || mayBeOne(line) && !strings.HasPrefix(path, filepath.Join(root, "tests")) {
				t.Errorf("%s:%d makes a plural by hand; use plan.Counted: %s", path, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
