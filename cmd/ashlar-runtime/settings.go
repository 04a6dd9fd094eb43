package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/login"
)

// settings are what the environment says, checked.
type settings struct {
	plan     *plan.Plan
	store    string
	data     string
	code     string // folder with files of the repository; empty: none
	unit     plan.Unit
	database login.Config
	author   string
}

// needs say what a duty takes from the environment.
type needs struct {
	model    string // that is to be trained
	endpoint string
	// endpoints are those that one process serves.
	endpoints []string
	migrate   bool // the database alone
	records   bool // the database and the store alone
	subject   subject
	// storeOnly leaves the database out.
	storeOnly bool
}

// settings reads the environment for a duty. The error joins all that is wrong.
func (a *app) settings(n needs) (settings, error) {
	s := settings{
		store: a.getenv("ASHLAR_STORE"), data: a.getenv("ASHLAR_DATA"), code: a.getenv("ASHLAR_CODE"),
		database: login.Config{
			Mode: a.getenv("ASHLAR_DATABASE_AUTH"), Database: a.getenv("ASHLAR_DATABASE"),
			Secret: a.getenv("ASHLAR_DATABASE_SECRET"), File: a.getenv("ASHLAR_DATABASE_FILE"),
			Region: a.getenv("AWS_REGION"),
		},
	}
	var problems []error
	add := func(err error) { problems = append(problems, err) }
	if n.storeOnly {
		s.database = login.Config{}
	} else {
		add(checkDatabase(s.database))
	}
	if !n.migrate {
		add(checkPlace("ASHLAR_STORE", s.store))
	}
	if !n.migrate && !n.records {
		var err error
		s.author, err = govern.Author(a.getenv("ASHLAR_AUTHOR"), "ashlar-runtime")
		add(err)
		s.plan, err = readPlan(a.getenv("ASHLAR_PLAN"))
		add(err)
		if s.plan != nil {
			if left := s.plan.Ignored(); len(left) > 0 {
				a.log.Warn("the plan is of a newer format; fields are ignored that it says may be", "fields", left)
			}
			add(s.checkSubject(n))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return s, inputError{err}
	}
	return s, nil
}

func checkDatabase(c login.Config) error {
	if c.Database == "" {
		return errors.New("ASHLAR_DATABASE is not set: name a database such as postgres://user@host:5432/name")
	}
	return c.Check()
}

// checkPlace checks a folder or a URL as far as that goes without asking it.
func checkPlace(variable, place string) error {
	if place == "" {
		return fmt.Errorf("%s is not set: name a folder or a URL such as s3://bucket/prefix", variable)
	}
	if !strings.Contains(place, "://") {
		if !filepath.IsAbs(place) {
			return fmt.Errorf("%s %q: a folder is named by its absolute path", variable, place)
		}
		return nil
	}
	u, err := url.Parse(place)
	if err != nil {
		return fmt.Errorf("%s is not a URL such as s3://bucket/prefix", variable)
	}
	if !slices.Contains([]string{"s3", "file"}, u.Scheme) || u.Scheme == "s3" && u.Host == "" {
		return fmt.Errorf("%s %q: want s3://bucket/prefix or file:///folder", variable, u.Redacted())
	}
	return nil
}

func readPlan(file string) (*plan.Plan, error) {
	if file == "" {
		return nil, errors.New("ASHLAR_PLAN is not set: name the file of the plan")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("ASHLAR_PLAN: %w", err)
	}
	p, err := plan.Decode(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("ASHLAR_PLAN %s: %w", file, err)
	}
	return p, nil
}

// checkSubject checks what the duty is about against the plan.
func (s *settings) checkSubject(n needs) error {
	for _, name := range n.endpoints {
		if _, ok := s.plan.Endpoints[name]; !ok {
			return fmt.Errorf("the plan has no endpoint %q; it has %s", name, listed(s.plan.Endpoints))
		}
	}
	if n.subject != (subject{}) {
		var err error
		if s.unit, err = n.subject.unit(s.plan); err != nil {
			return err
		}
		n.model = s.unit.Model
	}
	if e, ok := s.plan.Endpoints[n.endpoint]; n.endpoint != "" && !ok {
		return fmt.Errorf("the plan has no endpoint %q; it has %s", n.endpoint, listed(s.plan.Endpoints))
	} else if n.endpoint != "" && n.model == retrained && (e.Drift == nil || !e.Drift.Retrain) {
		n.model = "" // nothing is trained
	} else if n.model == retrained {
		n.model = e.Model
	}
	if n.model == "" {
		return nil
	}
	m, ok := s.plan.Models[n.model]
	if !ok {
		return fmt.Errorf("the plan has no model %q; it has %s", n.model, listed(s.plan.Models))
	}
	source := s.plan.Datasets[m.Dataset].Source
	if strings.Contains(source, "://") || filepath.IsAbs(source) {
		return nil
	}
	if err := checkPlace("ASHLAR_DATA", s.data); err != nil {
		return fmt.Errorf("dataset %s: its source %s is relative: %w", m.Dataset, source, err)
	}
	return nil
}

// retrained stands for the endpoint's model, where drift retrains it.
const retrained = "*"

func listed[T any](all map[string]T) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(all)), ", ")
}
