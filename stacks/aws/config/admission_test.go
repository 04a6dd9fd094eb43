package config

import "testing"

// TestTwoStacksShareNoPolicyOfTheAPIServer: the one that is destroyed first would delete
// what the other's namespaces are bound to.
func TestTwoStacksShareNoPolicyOfTheAPIServer(t *testing.T) {
	seen := map[string]Config{}
	for _, c := range []Config{
		{Name: "acme", Environment: "prod", Project: "acme", Stack: "prod"},
		{Name: "acme", Environment: "prod", Project: "acme", Stack: "prod-eu"},
		{Name: "acme", Environment: "dev", Project: "acme", Stack: "dev"},
		{Name: "acme", Environment: "prod", Project: "umbrella", Stack: "prod"},
	} {
		name := c.SharedAdmission()
		if other, taken := seen[name]; taken {
			t.Errorf("%+v and %+v are both %s", c, other, name)
		}
		seen[name] = c
	}
}
