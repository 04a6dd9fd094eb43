//go:build integration

package workload

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

const secretARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ashlar-master-AbCdEf"

// secrets is Secrets Manager with the login of the database's owner in it, and
// the environment that a migration on AWS has.
func secrets(t *testing.T, owner string) []string {
	t.Helper()
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	if password == "" {
		password = "whatever" // of a server that trusts
	}
	text, err := json.Marshal(map[string]string{"username": u.User.Username(), "password": password})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ask struct{ SecretId string }
		if json.NewDecoder(r.Body).Decode(&ask) != nil || ask.SecretId != secretARN ||
			r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			http.Error(w, `{"__type":"ResourceNotFoundException"}`, http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"ARN": secretARN, "SecretString": string(text)})
	}))
	t.Cleanup(server.Close)
	u.User = nil
	return []string{
		"ASHLAR_DATABASE=" + u.String(), "ASHLAR_DATABASE_AUTH=secret", "ASHLAR_DATABASE_SECRET=" + secretARN,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + server.URL,
	}
}
