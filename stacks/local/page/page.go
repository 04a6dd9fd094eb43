// Package page renders the local stack's web page: the pipeline's stages, the
// versions of each model with metrics and approvals, drift a column as plots,
// and the audit trail.
//
// It is one HTML document made on the server, with a stylesheet of its own and
// plots in inline SVG: no script, nothing from elsewhere, so it works offline
// and under the strictest content security policy. Its types are plain values
// for showing; where they come from is the local stack's business.
package page

import (
	"bytes"
	"embed"
	"html/template"
	"io"
)

//go:embed page.html.tmpl style.css
var files embed.FS

// Style is the stylesheet, served at /assets/style.css.
func Style() ([]byte, error) { return files.ReadFile("style.css") }

// ContentSecurityPolicy is what the page needs: its own stylesheet.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// View is everything the page shows.
type View struct {
	Blueprint, Environment, PlanDigest, Team, Email string
	Now                                             string
	Endpoints                                       []Endpoint
	Models                                          []Model
	Pipelines                                       []Pipeline
	Drift                                           []Drift
	Audit                                           Audit
}

// Endpoint is one endpoint's card.
type Endpoint struct {
	Name, Model, URL, Waiting, Example string
	Watched                            string // URL below which its metrics and drift are
	Version                            int
	Release                            *Release
	Served                             string // predictions answered, for people
	Confined                           string // what holds the model's server; "": it has none
}

// Release is the release of an endpoint that is under way, or the last one.
type Release struct {
	Title, Phase, Why string
	Steps             []ReleaseStep
}

// ReleaseStep is one step; State is "done", "now", "next" or how the release ended.
type ReleaseStep struct {
	Name, State, Verdict string
	Weight               Bar
}

// Pipeline is one whose runs belong to no model, with its last run.
type Pipeline struct {
	Name, Schedule string
	Run            *Run
}

// Model is one model with its last run and its versions.
type Model struct {
	Name, Algorithm, Task, Dataset, Target string
	Run                                    *Run
	Runs                                   *Comparison // nil: fewer than two
	Versions                               []Version
	Metrics                                []Metric
	Params                                 []Metric // of the version that is shown
	Training                               []Table  // what a search tried, and folds
	Gates                                  []Gate
	Fairness                               []Fairness
	Importance                             []Bar
	ImportanceFrom                         string // "": all rows and features
	Contributions                          []Bar  // mean size of each feature's, where the model can be explained
	ContributionsFrom                      string // rows
	Expectations                           []Expectation
}

// Table is numbers below a header; the row Chosen is highlighted, none where it is
// negative.
type Table struct {
	Title, Note string
	Header      []string
	Rows        [][]string
	Chosen      int
}

// Run is the newest run of a model's pipeline.
type Run struct {
	Status, Trigger, Author, Started, Duration, Error string
	Stages                                            []Stage
}

// Stage is one step of a run. State is "succeeded", "reused", "running" or "failed".
type Stage struct{ Name, State, Duration, Detail, Held, Confined string }

// Comparison sets runs side by side, the newest first.
type Comparison struct {
	Runs []string // when each began
	Rows []Compared
}

// Compared is one fact of all runs; Differs where they are not of one mind.
type Compared struct {
	Name    string
	Cells   []string
	Differs bool
}

// Version is a row of a model's table. Status is "pending", "approved" or "rejected".
type Version struct {
	Number                                                      int
	Status, Alias, Author, Registered, Digest, Metrics, Decided string
	Approve                                                     string // the command that approves a pending version
}

// Metric is one number on the test part.
type Metric struct{ Name, Value string }

// Gate is one gate with what was measured.
type Gate struct {
	Name, Value, Want string
	Passed            bool
}

// Fairness is one sensitive column's groups.
type Fairness struct {
	Column string
	Groups []Group
}

// Group is one group's figures; Rate is the selection rate's bar.
type Group struct {
	Name, Count, SelectionRate, Accuracy string
	Rate                                 Bar
}

// Bar is a horizontal bar of Percent of its width.
type Bar struct {
	Label, Text string
	Percent     float64 // 0 to 100
}

// Expectation is one check on the data.
type Expectation struct {
	Name, Column, Observed, Unexpected string
	Success                            bool
}

// Drift is one endpoint's newest window.
type Drift struct {
	Endpoint, Status, Summary string
	Drifted                   bool
	Columns                   []DriftColumn
	Predictions               *Histogram
	History                   []Window
}

// Window is one past window: its share of drifted columns.
type Window struct {
	When    string
	Rows    string
	Share   Bar
	Drifted bool
	Open    bool // still gathering rows
}

// DriftColumn is one column's test with both histograms.
type DriftColumn struct {
	Name, Test, Score, Threshold, Note string
	Drifted                            bool
	Plot                               *Histogram
}

// Audit is the trail, newest first, and whether its chain holds.
type Audit struct {
	Whole    bool
	Verified string // when all of it was
	Problem  string
	Entries  []Entry
	More     int
}

// Entry is one line of the trail.
type Entry struct {
	Seq                                          int64
	Time, Actor, Action, Subject, Detail, Digest string
}

// Render writes the page. Nothing is written when the template errs.
//
// html/template escapes every value for its place in the document. The template is
// parsed each time: pages are rare, and a package variable could fail at start.
func Render(w io.Writer, v View) error {
	t, err := template.ParseFS(files, "page.html.tmpl")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return err
	}
	_, err = out.WriteTo(w)
	return err
}
