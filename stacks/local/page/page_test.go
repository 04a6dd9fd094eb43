package page

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestRenderEscapesWhatItShows(t *testing.T) {
	var out bytes.Buffer
	err := Render(&out, View{
		Blueprint: `<script>alert(1)</script>`,
		Endpoints: []Endpoint{{Name: "e", Version: 1, URL: "javascript:alert(1)",
			Example: `{"a":"</pre><img src=x>"}`}},
		Models: []Model{{Name: "m", Run: &Run{Stages: []Stage{{Name: "train", State: `x" onmouseover="a`}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>", "<img", `href="javascript:`, `onmouseover="a`} {
		if strings.Contains(out.String(), bad) {
			t.Errorf("the page holds %s unescaped", bad)
		}
	}
}

func TestConfinementStandsOnThePageEscaped(t *testing.T) {
	const said = `no capabilities, <b>landlock</b> "abi" 7; not prevented: network, <script>memory</script>`
	const shown = `no capabilities, &lt;b&gt;landlock&lt;/b&gt; &#34;abi&#34; 7; not prevented: network, &lt;script&gt;memory&lt;/script&gt;`
	view := func(confined string) string {
		var out bytes.Buffer
		err := Render(&out, View{
			Endpoints: []Endpoint{{Name: "e", Version: 1, Confined: confined}},
			Models: []Model{{Name: "m",
				Run: &Run{Stages: []Stage{{Name: "fetch", State: "succeeded", Held: "12.0 MiB of memory",
					Confined: confined}}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	got := view(said)
	for _, want := range []string{"<small>Confined by " + shown + "</small>", "<small>Held 12.0 MiB of memory</small>",
		"<small>The server of the model is confined by " + shown + "</small>"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(got, "<b>landlock") || strings.Contains(got, "<script>") {
		t.Error("the text is not escaped")
	}
	if strings.Contains(strings.ToLower(view("")), "confined by") {
		t.Error("what nothing is said of is called confined")
	}
}

func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	var out bytes.Buffer
	if err := Render(&out, View{}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"http://", "https://", "<script", "style="} {
		if strings.Contains(out.String(), bad) {
			t.Errorf("the page holds %q, which its content security policy forbids", bad)
		}
	}
	if css, err := Style(); err != nil || bytes.Contains(css, []byte("url(")) {
		t.Errorf("the stylesheet is missing (%v) or refers to something else", err)
	}
}

func TestHistogramsShareOneScale(t *testing.T) {
	h := NewHistogram([]float64{10, 30, 60}, []float64{0, 1, 1}, []string{"0", "9"})
	if len(h.Reference) != 3 || len(h.Current) != 3 || h.Low != "0" || h.High != "9" {
		t.Fatalf("%+v", h)
	}
	// The tallest share, 60 % of the reference, fills the height; 50 % is 5/6 of it.
	if h.Reference[2].H != plotHeight || math.Abs(h.Current[1].H-plotHeight*5/6) > 0.01 {
		t.Errorf("heights %g and %g of %g", h.Reference[2].H, h.Current[1].H, plotHeight)
	}
	for _, r := range append(h.Reference, h.Current...) {
		if r.X < 0 || r.Y < 0 || r.X+r.W > plotWidth || r.Y+r.H > plotHeight+0.01 {
			t.Errorf("bar outside the plot: %+v", r)
		}
	}
}

func TestAnEmptyWindowDrawsFlatBars(t *testing.T) {
	h := NewHistogram([]float64{0, 0}, []float64{0, 0}, []string{"a", "b"})
	for _, r := range append(h.Reference, h.Current...) {
		if r.H != 0 || math.IsNaN(r.Y) {
			t.Errorf("bar %+v of nothing", r)
		}
	}
	if h.Labels[0] != "a" || !strings.HasPrefix(h.Current[1].Title, "b: 0.0") {
		t.Errorf("labels lost: %+v", h)
	}
}

func TestMetricsAndDriftAreLinkedWhereTheyAre(t *testing.T) {
	var b strings.Builder
	err := Render(&b, View{Endpoints: []Endpoint{{Name: "e", Version: 1, URL: "http://127.0.0.1:1",
		Watched: "http://127.0.0.1:2"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"http://127.0.0.1:2/metrics", "http://127.0.0.1:2/drift", "http://127.0.0.1:1/schema"} {
		if !strings.Contains(b.String(), `href="`+link+`"`) {
			t.Errorf("no link to %s", link)
		}
	}
}
