package local

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

func TestMeanContributionsAreBarsRelativeToTheGreatest(t *testing.T) {
	var m page.Model
	viewContributions(&m, &evaluate.Contributions{Rows: 48, Features: []evaluate.Contribution{
		{Feature: "Income", Mean: 0.5}, {Feature: "Age", Mean: 0.125}, {Feature: "Home", Mean: 0}}})
	if len(m.Contributions) != 3 || m.Contributions[0].Percent != 100 || m.Contributions[1].Percent != 25 ||
		m.Contributions[2].Percent != 0 {
		t.Errorf("%+v", m.Contributions)
	}
	var out bytes.Buffer
	if err := page.Render(&out, page.View{Models: []page.Model{m}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Mean contribution to the score", "over 48 rows", "Income", "0.125"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	out.Reset()
	if err := page.Render(&out, page.View{Models: []page.Model{{Name: "m"}}}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "Mean contribution") {
		t.Error("a model that cannot be explained has a heading with nothing under it")
	}
}
