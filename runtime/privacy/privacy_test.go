package privacy_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
)

func secret(fill byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(fill)), 32)))
}

func ring(t testing.TB, text string) *privacy.Keyring {
	t.Helper()
	r, err := privacy.ParseKeyring(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The definition in the words of RFC 2104, by the standard library alone.
func TestAPseudonymIsAPartOfAnHMAC(t *testing.T) {
	r := ring(t, "v1:"+secret('a')+"\n v12:"+secret('b'))
	h := hmac.New(sha256.New, []byte(strings.Repeat("b", 32)))
	h.Write([]byte("ashlar value\x00Ada"))
	want := "v12:" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:16]))
	if got := r.Newest().Pseudonym("Ada"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Fixed, for pseudonyms are kept.
	if got := ring(t, "v1:"+secret('a')).Newest().Pseudonym("Ada"); got != "v1:442zqoae6pizrs4xsuvepl5p2m" {
		t.Errorf("the pseudonym of a known key is %s", got)
	}
}

func TestOlderKeysVerifyAndTheNewestHashes(t *testing.T) {
	old := ring(t, "v1:"+secret('a'))
	both := ring(t, "v2:"+secret('b')+",v1:"+secret('a'))
	was, is := old.Newest().Pseudonym("Ada"), both.Newest().Pseudonym("Ada")
	if was == is || !strings.HasPrefix(is, "v2:") {
		t.Errorf("after a rotation %s is %s", was, is)
	}
	if !both.Verify(was, "Ada") || !both.Verify(is, "Ada") || both.Verify(was, "Eve") || old.Verify(is, "Ada") ||
		both.Verify("Ada", "Ada") {
		t.Error("a ring does not verify what its keys made, or something else")
	}
	if k, err := both.Key(old.Newest().ID()); err != nil || k.Pseudonym("Ada") != was {
		t.Errorf("the older key is not found by its ID: %v", err)
	}
	other := ring(t, "v1:"+secret('c'))
	if _, err := other.Key(old.Newest().ID()); err == nil {
		t.Error("another key of the same version passes for it")
	}
}

func TestKeysThatAreNoneAreRefusedWithoutBeingShown(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": " \n#v1:" + secret('a'), "no version": secret('s'), "version 0": "v0:" + secret('s'),
		"a sign":    "v+1:" + secret('s'),
		"too short": "v1:" + base64.StdEncoding.EncodeToString([]byte("ssssssssss")),
		"no base64": "v1:ssssssss!sssssssssssssssssssssss",
		"twice":     "v1:" + secret('s') + " v1:" + secret('a'), "huge": strings.Repeat("v1:"+secret('s')+" ", 2000),
	} {
		_, err := privacy.ParseKeyring(text)
		if err == nil || strings.Contains(err.Error(), "c3Nzc3") || strings.Contains(err.Error(), "ssss") {
			t.Errorf("%s: %v", name, err)
		}
	}
	k := ring(t, "v1:"+secret('s')).Newest()
	if s := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(s, "ssss") || strings.Contains(s, "115") ||
		strings.Contains(s, "c3Nz") {
		t.Errorf("a printed key shows its secret: %s", s)
	}
}

func FuzzParseKeyring(f *testing.F) {
	f.Add("v1:" + secret('a') + ",v2:" + secret('b'))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := privacy.ParseKeyring(text)
		if err == nil && !r.Verify(r.Newest().Pseudonym("x"), "x") {
			t.Error("its newest key does not verify what it made")
		}
	})
}

func TestMasksKeepTheShapeAndHideTheContent(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Ada L. (36)": "xxx x. (99)", "jane.doe@example.com": "xxxx.xxx@xxxxxxx.xxx",
		"+49 30-1234": "+99 99-9999",
		"Zoë\t٣":      "xxxx9", "a\xffb": "xxx",
	} {
		got := privacy.MaskText(in)
		if got != want || privacy.MaskText(got) != got {
			t.Errorf("%q is %q, want %q and the same again", in, got, want)
		}
	}
	for in, want := range map[float64]float64{
		0: 0, 1: 1, 9: 1, 10: 10, 4711: 1000, -0.42: -0.1, 0.001: 0.001, 999999.9: 100000, 1e300: 1e300,
		123e-310: 1e-308, math.Inf(-1): math.Inf(-1),
	} {
		if got := privacy.MaskNumber(in); got != want || privacy.MaskNumber(got) != got {
			t.Errorf("%g is %g, want %g and the same again", in, got, want)
		}
	}
	if !math.IsNaN(privacy.MaskNumber(math.NaN())) || !math.IsNaN(privacy.MaskTime(math.NaN())) {
		t.Error("what is missing is not missing any more")
	}
	at := func(text string) float64 {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return float64(v.UnixNano()) / 1e9
	}
	for in, want := range map[string]string{
		"1961-04-12T06:07:00Z": "1961-01-01T00:00:00Z", "2024-12-31T23:59:59.5Z": "2024-01-01T00:00:00Z",
		"2024-01-01T00:30:00+01:00": "2023-01-01T00:00:00Z",
	} {
		if got := privacy.MaskTime(at(in)); got != at(want) {
			t.Errorf("%s is %v, want %s", in, time.Unix(int64(got), 0).UTC(), want)
		}
	}
}

var people = plan.Dataset{Columns: map[string]plan.Column{
	"name": {Type: plan.Text, Anonymise: plan.Hash, Sensitive: true}, "note": {Type: plan.Text, Sensitive: true},
	"city": {Type: plan.Category, Anonymise: plan.Mask},
	"pay":  {Type: plan.Number, Anonymise: plan.Mask},
	"ssn":  {Type: plan.Integer, Anonymise: plan.Drop}, "x": {Type: plan.Number},
}}

func TestAGuardLeavesNothingOfTheValues(t *testing.T) {
	r := ring(t, "v1:"+secret('a'))
	g, err := privacy.NewGuard(people, func() (*privacy.Keyring, error) { return r, nil })
	if err != nil {
		t.Fatal(err)
	}
	in := &dataset.Frame{Rows: 4, Offset: 7, Columns: []dataset.Column{
		{Name: "name", Type: plan.Text, Codes: []int32{0, -1, 1, 0}, Dict: []string{"Ada", "Eve", "unused"}},
		{Name: "note", Type: plan.Text, Codes: []int32{0, 0, 0, 0}, Dict: []string{"secret"}},
		{Name: "city", Type: plan.Category, Codes: []int32{0, 1, 2, -1}, Dict: []string{"Rome", "Oslo", "Bonn 1"}},
		{Name: "pay", Type: plan.Number, Floats: []float64{4711, math.NaN(), 80, 7}},
		{Name: "ssn", Type: plan.Integer, Floats: []float64{1, 2, 3, 4}},
		{Name: "x", Type: plan.Number, Floats: []float64{1, 2, 3, 4}},
	}}
	got, err := g.Frame(in)
	if err != nil {
		t.Fatal(err)
	}
	ada, eve := r.Newest().Pseudonym("Ada"), r.Newest().Pseudonym("Eve")
	want := &dataset.Frame{Rows: 4, Offset: 7, Columns: []dataset.Column{
		{Name: "name", Type: plan.Text, Codes: []int32{0, -1, 1, 0}, Dict: []string{ada, eve}},
		{Name: "city", Type: plan.Category, Codes: []int32{0, 0, 1, -1}, Dict: []string{"xxxx", "xxxx 9"}},
		{Name: "pay", Type: plan.Number, Floats: []float64{1000, math.NaN(), 10, 1}},
		{Name: "x", Type: plan.Number, Floats: []float64{1, 2, 3, 4}},
	}}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	// A request's cell becomes what the column's became.
	cell, err := privacy.NewCell(plan.Hash, plan.Text, g.KeyID(), func() (*privacy.Keyring, error) { return r, nil })
	if err != nil || cell.Text("Ada") != ada {
		t.Errorf("at an endpoint Ada is %v", err)
	}
}

func TestNoKeyIsAskedForWhereNothingIsHashed(t *testing.T) {
	none := func() (*privacy.Keyring, error) { t.Error("a key was asked for"); return nil, nil }
	ds := plan.Dataset{Columns: map[string]plan.Column{"pay": {Type: plan.Number, Anonymise: plan.Mask},
		"note": {Type: plan.Text, Sensitive: true}}}
	if g, err := privacy.NewGuard(ds, none); err != nil || g.KeyID() != "" {
		t.Error(err)
	}
	if _, err := privacy.NewCell(plan.Mask, plan.Integer, "", none); err != nil {
		t.Error(err)
	}
}

func TestALaptopsKeyIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "pseudonym.keys")
	ids := make([]string, 8)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			defer crash.Guard()
			r, err := privacy.Source{File: file}.Keyring()
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = r.Newest().ID()
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Errorf("keys %v: want one", ids)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	left, err := fs.Glob(os.DirFS(filepath.Dir(file)), "*")
	if err != nil || len(left) != 1 {
		t.Errorf("left are %v", left)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (privacy.Source{File: file}).Keyring(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that all may read: %v", err)
	}
}

func TestTheEnvironmentComesBeforeTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "keys")
	if err := os.WriteFile(file, []byte("v3:"+secret('f')), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	s := privacy.Source{Getenv: func(k string) string { return env[k] }, File: filepath.Join(dir, "own")}
	version := func() string {
		r, err := s.Keyring()
		if err != nil {
			t.Fatal(err)
		}
		v, _, _ := strings.Cut(r.Newest().ID(), "-")
		return v
	}
	got := []string{version()}
	env[privacy.FileVariable] = file
	got = append(got, version())
	env[privacy.KeysVariable] = "v2:" + secret('e')
	got = append(got, version())
	if want := []string{"v1", "v3", "v2"}; !cmp.Equal(want, got) {
		t.Errorf("keys of %v, want %v", got, want)
	}
	if _, err := (privacy.Source{}).Keyring(); err == nil || !strings.Contains(err.Error(), privacy.KeysVariable) {
		t.Errorf("without any: %v", err)
	}
}
