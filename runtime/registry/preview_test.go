package registry

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatLooksLikeAPreviewIsNone(t *testing.T) {
	got := previewsOf("acme__pr_", []string{"acme__pr_12", "acme__pr_012", "acme__pr_0", "acme__pr_1_x", "acme__prod"},
		[]string{"acme__pr_12_serve", "acme__pr_12_train", "acme__pr_9_watch", "acme__pr_12_owner", "acme__pr_12"})
	want := []Preview{{9, "", []string{"acme__pr_9_watch"}},
		{12, "acme__pr_12", []string{"acme__pr_12_serve", "acme__pr_12_train"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"", "a--b", "a_b", "A", "-a", "a-", "a'b", "1"} {
		if _, err := Previews(t.Context(), "postgres://localhost:1/a", name, Options{Now: time.Now}); err == nil ||
			!strings.Contains(err.Error(), "is not a Name") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAPreviewIsRemovedFromPostgres(t *testing.T) {
	base := postgresURL(t)
	admin := rawURL(t, base)
	tenant := "t" + strings.ToLower(rand.Text()[:10])
	prefix := tenant + "_a__"
	for _, schema := range []string{prefix + "pr_12", prefix + "pr_13", prefix + "prod"} {
		run(t, admin, `CREATE SCHEMA `+schema)
		t.Cleanup(func() { run(t, admin, `DROP SCHEMA IF EXISTS `+schema+` CASCADE`) })
		if _, err := Migrate(t.Context(), with(t, base, "search_path", schema), Options{Now: time.Now}); err != nil {
			t.Fatal(err)
		}
	}
	// Somebody's own, which is no registry, and another Name's.
	for _, schema := range []string{prefix + "pr_14", tenant + "_a_b__pr_12"} {
		run(t, admin, `CREATE SCHEMA `+schema, `CREATE TABLE `+schema+`.versions (id int)`)
		t.Cleanup(func() { run(t, admin, `DROP SCHEMA `+schema+` CASCADE`) })
	}
	user := prefix + "pr_12_serve"
	run(t, admin, `CREATE ROLE `+user, `GRANT USAGE ON SCHEMA `+prefix+`pr_12 TO `+user,
		`GRANT SELECT ON `+prefix+`pr_12.versions TO `+user)
	t.Cleanup(func() { run(t, admin, `DROP ROLE IF EXISTS `+user) })

	look := func() (out []string) {
		t.Helper()
		all, err := Previews(t.Context(), base, tenant+"-a", Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			out = append(append(out, p.Schema), p.Users...)
		}
		return out
	}
	if got := look(); !slices.Equal(got, []string{prefix + "pr_12", user, prefix + "pr_13"}) {
		t.Fatalf("%v", got)
	}
	all, err := Previews(t.Context(), base, tenant+"-a", Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := RemovePreview(t.Context(), base, all[0], Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	if got := look(); !slices.Equal(got, []string{prefix + "pr_13"}) {
		t.Errorf("%v is left", got)
	}
	for _, schema := range []string{prefix + "prod", prefix + "pr_14", tenant + "_a_b__pr_12"} {
		var n int
		if err := admin.QueryRow(`SELECT count(*) FROM pg_namespace WHERE nspname = $1`, schema).Scan(&n); err != nil ||
			n != 1 {
			t.Errorf("%s is gone (%v)", schema, err)
		}
	}
}
