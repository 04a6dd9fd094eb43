//go:build integration

package cluster

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gocloud.dev/blob"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// kept is the dataset that may be kept for years, beside one that may be kept
// for a second, and what is learnt from it.
const (
	kept      = "history"
	keptModel = "history-risk"
	keptLine  = "weekly"
)

// TestTheRetentionCronJobDeletesWhatIsDueAndNothingElse runs the rendered CronJob
// as a pod, after pods have trained on two datasets of which one is due.
func TestTheRetentionCronJobDeletesWhatIsDueAndNothingElse(t *testing.T) {
	g := find(t)
	dir := g.twoDatasets(t)
	s := deployOf(t, g, dir, false)
	place, query, _ := strings.Cut(s.server.location(), "?")
	for name, file := range map[string]string{"applications": dataset, kept: "data/history.csv"} {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		upload(t, place+s.within()+"/data/"+name+"?"+query, file, content)
	}
	s.migrated(t)
	writers := s.writers(t)
	s.job(t, pipeline)
	s.job(t, keptLine)
	st := s.store(t)
	due, learnt := objects(t, st, s.recorded(t, model))
	rows, learntToo := objects(t, st, s.recorded(t, keptModel))
	stays := slices.Concat(learnt, rows, learntToo)
	if len(due) < 2 || len(rows) != len(due) || len(learnt) < 2 {
		t.Fatalf("of rows there are %v and %v, learnt were %v", due, rows, learnt)
	}

	before := s.keys(t)
	name := s.job(t, "retention-data")
	after := s.keys(t)
	gone := difference(before, after)
	if more := difference(after, before); len(gone) == 0 || len(more) > 0 {
		t.Fatalf("gone: %v, new: %v", gone, more)
	}
	s.log(t, gone)
	for _, digest := range due {
		if has, err := st.Has(t.Context(), digest); err != nil || has {
			t.Errorf("%s is due and is there: %t (%v)", digest, has, err)
		}
	}
	for _, digest := range stays {
		if has, err := st.Has(t.Context(), digest); err != nil || !has {
			t.Errorf("%s stays and is there: %t (%v)", digest, has, err)
		}
	}
	if said := s.must(t, "", "-n", s.namespace, "logs", "job/"+name); strings.Count(said,
		`"msg":"deleted for its retention"`) != len(gone) {
		t.Errorf("%d things are gone, and the pod said\n%s", len(gone), said)
	}
	s.byRetentionAlone(t, writers())
	s.job(t, "retention-data")
	if again := s.keys(t); !maps.Equal(after, again) {
		t.Errorf("a second run deletes %v", difference(after, again))
	}
}

// objects are what the stages of a run have put into the store: what holds rows
// or values of them, and what was learnt.
func objects(t *testing.T, st *store.Store, r run.Run) (rows, learnt []string) {
	t.Helper()
	for _, s := range r.Stages {
		for _, digest := range s.Outputs {
			if !store.IsDigest(digest) {
				continue // a version
			}
			has, err := st.Has(t.Context(), digest)
			switch {
			case err != nil:
				t.Fatal(err)
			case !has: // of what is its owner's, such as the source
			case s.Stage == plan.StageTrain || s.Stage == plan.StageEvaluate || s.Stage == plan.StageRegister:
				learnt = append(learnt, digest)
			default:
				rows = append(rows, digest)
			}
		}
	}
	return rows, learnt
}

// twoDatasets is the example with the half of its data as a dataset of its own.
func (g ground) twoDatasets(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "credit")
	g.command(t, g.ashlar, "init", dir, "--example", "credit")
	file := filepath.Join(dir, "credit.cue")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(content), "n_estimators: 100", "n_estimators: 10", 1)
	block := func(begin, end string) string {
		_, rest, found := strings.Cut(text, begin)
		block, _, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatalf("the blueprint has no %q", begin)
		}
		return begin + block
	}
	data := block("\tdatasets: applications: {", "\n\tmodels:")
	learns := block("\tmodels: \"default-risk\": {", "\n\tpipelines:")
	second := strings.NewReplacer("applications", kept, `"`+dataset+`"`, `"data/history.csv"`).Replace(data) +
		strings.NewReplacer("default-risk", keptModel, `"applications"`, `"`+kept+`"`, "roc_auc: >=0.78",
			"roc_auc: >=0.6", "accuracy: >=0.75", "accuracy: >=0.6",
			"demographic_parity_ratio: >=0.8", "demographic_parity_ratio: >=0.1", "roc_auc: >=0.7}",
			"roc_auc: >=0.5}").Replace(learns) +
		fmt.Sprintf("\tpipelines: %s: {model: %q}\n\n", keptLine, keptModel)
	first := strings.Replace(data, `retention: "730d"`, `retention: "1s"`, 1)
	text = strings.Replace(text, data, first+second, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(filepath.Join(dir, dataset))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(all), "\n")
	half := strings.Join(lines[:len(lines)/2], "")
	if err := os.WriteFile(filepath.Join(dir, "data", "history.csv"), []byte(half), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// keys are everything in the bucket, by name.
func (s *site) keys(t *testing.T) map[string]string {
	t.Helper()
	u, err := url.Parse(s.server.location())
	if err != nil {
		t.Fatal(err)
	}
	u.Path = ""
	b, err := blob.OpenBucket(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	out := map[string]string{}
	for list := b.List(nil); ; {
		one, err := list.Next(t.Context())
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out[one.Key] = fmt.Sprintf("%x", one.MD5)
	}
}

// difference is what is in one and not in the other.
func difference(one, other map[string]string) []string {
	var out []string
	for key := range one {
		if _, has := other[key]; !has {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// log asserts that the audit log is whole and has a line for each thing that is
// gone, and for nothing else.
func (s *site) log(t *testing.T, gone []string) {
	t.Helper()
	s.command(t, s.ashlar, "model", "audit", "--verify", "--registry", s.registry)
	var entries []registry.Entry
	if err := json.Unmarshal([]byte(s.command(t, s.ashlar, "model", "audit", "--output", "json", "--registry",
		s.registry)), &entries); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range entries {
		if e.Action != registry.ActionForget {
			continue
		}
		if e.Details["dataset"] != "applications" || e.Actor != "retention/data" {
			t.Errorf("%s deleted of dataset %v", e.Actor, e.Details["dataset"])
		}
		within := "ashlar" + s.within() + "/store/"
		if digest, is := e.Details["object"].(string); is {
			digest = strings.TrimPrefix(digest, "sha256:")
			told = append(told, within+"objects/sha256/"+digest[:2]+"/"+digest[2:])
		} else {
			told = append(told, within+"refs/"+fmt.Sprint(e.Details["reference"])+".ref")
		}
	}
	if slices.Sort(told); !slices.Equal(told, gone) {
		t.Errorf("the audit log tells of\n%s\nand gone are\n%s", strings.Join(told, "\n"), strings.Join(gone, "\n"))
	}
}

// writers notes from now on who adds to the audit log. What it returns says as
// whom the database let in whoever noted a deletion.
func (s *site) writers(t *testing.T) func() []string {
	t.Helper()
	db := session(t, s.registry)
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE public.writers (who TEXT, body TEXT);
		CREATE FUNCTION note_writer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
			$$ BEGIN INSERT INTO public.writers VALUES (session_user, NEW.body); RETURN NULL; END $$;
		CREATE TRIGGER note_writer AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION note_writer()`); err != nil {
		t.Fatal(err)
	}
	return func() (out []string) {
		rows, err := db.QueryContext(t.Context(), `SELECT DISTINCT who FROM public.writers WHERE body LIKE '%"action":"`+
			registry.ActionForget+`"%'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var who string
			if err := rows.Scan(&who); err != nil {
				t.Fatal(err)
			}
			out = append(out, who)
		}
		return out
	}
}

// session opens the database of a URL that is written for Ashlar, whose own
// parameters PostgreSQL does not know.
func session(t *testing.T, registry string) *sql.DB {
	t.Helper()
	u, err := url.Parse(registry)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Del("ashlar_plaintext")
	u.RawQuery = query.Encode()
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// byRetentionAlone asserts that the deletions were noted by the user of that
// duty, and that this user may do nothing else.
func (s *site) byRetentionAlone(t *testing.T, writers []string) {
	t.Helper()
	user := plan.DutyRetain.User(config.SchemaOf(s.name, environment))
	if !slices.Equal(writers, []string{user}) {
		t.Errorf("deletions were noted by %v, want %s", writers, user)
	}
	encoded := s.must(t, "", "-n", s.namespace, "get", "secret", "ashlar-database-retain", "-o",
		"jsonpath={.data.database}")
	as, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	db := session(t, string(as))
	for _, statement := range []string{
		`DELETE FROM audit`, `UPDATE audit SET body = ''`, `DELETE FROM versions`,
		`UPDATE versions SET status = 'approved'`,
		`INSERT INTO decisions VALUES (1, 'm', 1, 'approved', 'me', '', '')`, `DELETE FROM servings`,
		`CREATE TABLE more (a INT)`, `DROP TABLE audit`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s as %s: %v; want it to lack the right (42501)", statement, user, err)
		}
	}
	if said, err := s.try(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers",
		"--registry", string(as)); err == nil {
		t.Errorf("%s approves: %s", user, said)
	}
}
