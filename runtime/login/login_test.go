package login

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

const (
	arn    = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ashlar-AbCdEf"
	host   = "ashlar.c1x2.eu-central-1.rds.amazonaws.com"
	remote = "postgres://ada@" + host + ":5432/ashlar"
)

// alone takes away whatever AWS settings the machine has.
func alone(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr-s3cr3t", "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "us-east-1", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/nowhere",
		"AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
		"AWS_EC2_METADATA_DISABLED":   "true",
	} {
		t.Setenv(name, value)
	}
}

func TestEveryMistakeIsNamedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want []string
	}{
		"a mode nobody knows": {Config{Mode: "kerberos", Database: remote},
			[]string{"use password, secret or iam"}},
		"a secret without its name": {Config{Mode: Secret, Database: remote}, []string{"needs the ARN"}},
		"a name without its mode":   {Config{Secret: arn, Database: remote}, []string{"the mode is password"}},
		"a token without a user": {Config{Mode: IAM, Database: "postgres://" + host + "/ashlar"},
			[]string{"needs the database user"}},
		"a file for a token": {Config{Mode: IAM, File: "f", Database: remote}, []string{"is for mode password"}},
		"a file for a file":  {Config{File: "f", Database: "registry.db"}, []string{"is for mode password"}},
		"a token for a file": {Config{Mode: IAM, Database: "registry.db"},
			[]string{"is for a postgres:// URL"}},
		"two proofs": {Config{Mode: IAM, Database: "postgres://ada:s3cr3t@" + host +
			"/x"}, []string{"take it out"}},
		"two proofs, one an option": {Config{Mode: Secret, Secret: arn, Database: remote +
			"?password=s3cr3t"}, []string{"take it out"}},
		"everything at the same time": {Config{Mode: IAM, Secret: arn, Database: "postgres://:s3cr3t@h/x"},
			[]string{"use mode secret", "take it out", "needs the database user"}},
	} {
		err := c.cfg.Check()
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
		if _, same := New(t.Context(), c.cfg); same == nil || same.Error() != err.Error() {
			t.Errorf("%s: New says %v", name, same)
		}
	}
	for _, fine := range []Config{{Database: "registry.db"}, {Database: remote},
		{Mode: Password, Database: "postgres://ada:x@h/x"}, {Mode: IAM, Database: remote},
		{Mode: Secret, Secret: arn, Database: remote}} {
		if err := fine.Check(); err != nil {
			t.Errorf("%+v: %v", fine, err)
		}
	}
}

func TestATokenIsSignedForTheHostTheUserAndTheHostsRegion(t *testing.T) {
	alone(t)
	l, err := New(t.Context(), Config{Mode: IAM, Database: remote})
	if err != nil {
		t.Fatal(err)
	}
	user, token, err := l.Credentials(t.Context(), registry.Target{Host: host, Port: 5432, User: "ada"})
	if err != nil || user != "ada" {
		t.Fatalf("%s, %v", user, err)
	}
	u, err := url.Parse("https://" + token)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Host != host+":5432" || q.Get("DBUser") != "ada" || q.Get("Action") != "connect" ||
		q.Get("X-Amz-Expires") != "900" ||
		!strings.HasSuffix(q.Get("X-Amz-Credential"), "/eu-central-1/rds-db/aws4_request") ||
		q.Get("X-Amz-Signature") == "" {
		t.Errorf("the token is %s with %v", u.Host, q)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if l, err = New(t.Context(), Config{Mode: IAM, Database: remote}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Credentials(t.Context(), registry.Target{Host: host, Port: 5432, User: "ada"}); err == nil ||
		!strings.Contains(err.Error(), "IAM token for ada at "+host) {
		t.Errorf("without an identity: %v", err)
	}
}

// manager is Secrets Manager as far as GetSecretValue goes.
func manager(t *testing.T, secret *string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || !strings.Contains(string(body), arn) ||
			!strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/secretsmanager/") {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not yours"}`)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"ARN": arn, "SecretString": *secret})
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.URL)
}

func TestASecretIsReadBeforeEachConnection(t *testing.T) {
	alone(t)
	var secret string
	manager(t, &secret)
	l, err := New(t.Context(), Config{Mode: Secret, Secret: arn, Database: "postgres://" + host + "/ashlar"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ secret, asks, user, password, want string }{
		{`{"username":"ashlar","password":"one"}`, "", "ashlar", "one", ""},
		{`{"username":"ashlar","password":"two","engine":"postgres"}`, "ashlar", "ashlar", "two", ""},
		{`{"password":"three"}`, "ada", "ada", "three", ""},
		{`just a password`, "ada", "ada", "just a password", ""},
		{`just a s3cr3t`, "", "", "", "needs the user"},
		{`{"username":"ashlar","password":"s3cr3t"}`, "ada", "", "", "of another user"},
		{`{"password":"s3cr3t"}`, "", "", "", "names a user"},
		{`{"username":"ashlar"}`, "", "", "", "not JSON with"},
		{`{"password": s3cr3t`, "", "", "", "not JSON with"},
		{``, "ada", "", "", "not JSON with"},
	} {
		secret = c.secret
		user, password, err := l.Credentials(t.Context(), registry.Target{Host: host, Port: 5432, User: c.asks})
		if user != c.user || password != c.password || (err == nil) != (c.want == "") {
			t.Errorf("%s: %q %q, %v", c.secret, user, password, err)
		}
		if err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), arn) ||
			strings.Contains(err.Error(), "s3cr3t")) {
			t.Errorf("%s: %v", c.secret, err)
		}
	}
}

func TestASecretThatIsDeniedSaysWhich(t *testing.T) {
	alone(t)
	var secret string
	manager(t, &secret)
	other := strings.Replace(arn, "ashlar", "theirs", 1)
	l, err := New(t.Context(), Config{Mode: Secret, Secret: other, Database: remote})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Credentials(t.Context(), registry.Target{}); err == nil ||
		!strings.Contains(err.Error(), other) || !strings.Contains(err.Error(), "not yours") {
		t.Errorf("got %v", err)
	}
}

func TestARegionMustBeKnown(t *testing.T) {
	alone(t)
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	if _, err := New(t.Context(), Config{Mode: IAM, Database: "postgres://ada@10.0.0.1/x"}); err == nil ||
		!strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("got %v", err)
	}
	if _, err := New(t.Context(), Config{Mode: IAM, Database: "postgres://ada@10.0.0.1/x",
		Region: "eu-west-1"}); err != nil {
		t.Error(err)
	}
}
