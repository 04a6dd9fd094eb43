package plan

import (
	"net/url"
	"strings"
	"testing"
)

func TestEachDutyHasAUserAndAPasswordOfItsOwn(t *testing.T) {
	const owner = "postgres://ash%20lar:s%3Acret@db.example.com:5432/ashlar?sslmode=verify-full&search_path=b"
	urls, err := DutyURLs(owner, "acme__dev")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, d := range Duties() {
		u, err := url.Parse(urls[d])
		if err != nil {
			t.Fatal(err)
		}
		password, _ := u.User.Password()
		if u.User.Username() != "acme__dev_"+string(d) || len(password) != 43 || seen[password] ||
			strings.Contains(urls[d], "cret") {
			t.Errorf("%s: %s", d, urls[d])
		}
		seen[password] = true
		if u.Host != "db.example.com:5432" || u.Path != "/ashlar" ||
			u.RawQuery != "sslmode=verify-full&search_path=acme__dev" {
			t.Errorf("%s goes elsewhere: %s", d, urls[d])
		}
	}
	for name, other := range map[string][2]string{
		"a new password of the owner": {strings.Replace(owner, "s%3Acret", "other", 1), "acme__dev"},
		"another schema":              {owner, "acme__prod"},
	} {
		got, err := DutyURLs(other[0], other[1])
		if err != nil || got[DutyServe] == urls[DutyServe] {
			t.Errorf("%s changes nothing: %v", name, err)
		}
	}
	again, err := DutyURLs(owner, "acme__dev")
	if err != nil || again[DutyServe] != urls[DutyServe] {
		t.Errorf("asked again it is another: %v", err)
	}
	none, err := DutyURLs("postgres://ashlar@/ashlar?host=/run/postgresql", PublicSchema)
	if err != nil || none[DutyTrain] != "postgres://ashlar_train@/ashlar?host=/run/postgresql&search_path=public" {
		t.Errorf("without a password: %s, %v", none[DutyTrain], err)
	}
	for _, bad := range []string{"postgres://db.example.com/ashlar", "://", ""} {
		if _, err := DutyURLs(bad, PublicSchema); err == nil {
			t.Errorf("%q has users", bad)
		}
	}
}

// The value is that of Python's
// hmac.new(hashlib.pbkdf2_hmac("sha256", b"secret", b"ashlar database users", 600000), b"ashlar_serve", "sha256").
func TestPasswordsOfDutiesAreWhatTheyWereYesterday(t *testing.T) {
	key, err := DutyKey("secret")
	if err != nil {
		t.Fatal(err)
	}
	if got := DutyPassword(key, "ashlar_serve"); got != "cQmxCzvzc_KfgJM8ZDXY5qJi0FlJahlbod-24jgFspU" {
		t.Errorf("got %s", got)
	}
}
