package registry

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// keep adds a key that opens the endpoint scoring for a year.
func keep(t *testing.T, r *Registry, id, caller string) AccessKey {
	t.Helper()
	k, err := r.CreateAccessKey(t.Context(), AccessKey{ID: id, Caller: caller, Digest: digest("a")[7:],
		Endpoints: []string{"scoring"}, CreatedBy: "ada", ExpiresAt: noon.AddDate(1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// withKey adds a key to the registry.
func withKey(t *testing.T, p place) place {
	t.Helper()
	r, err := Open(t.Context(), p.location, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, r, "of-m", "bank")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// keyed does everything that is done with keys. On a schema that has none it holds that
// this is said.
func keyed(t *testing.T, r *Registry, name string) error {
	t.Helper()
	year := noon.AddDate(1, 0, 0)
	made, err := r.CreateAccessKey(t.Context(), AccessKey{ID: name, Caller: "bank", Digest: digest("a")[7:],
		Endpoints: []string{"scoring", EveryEndpoint}, CreatedBy: "ada", ExpiresAt: year})
	if errors.Is(err, ErrNoAccessKeys) {
		_, e1 := r.AccessKeys(t.Context())
		_, e2 := r.RevokeAccessKey(t.Context(), name, "ada")
		if !errors.Is(e1, ErrNoAccessKeys) || !errors.Is(e2, ErrNoAccessKeys) {
			t.Errorf("a schema without keys: %v, %v", e1, e2)
		}
		return nil
	}
	if err != nil {
		return err
	}
	_, _, e1 := r.RotateAccessKey(t.Context(), made.ID,
		AccessKey{ID: name + "-next", Digest: digest("b")[7:], CreatedBy: "ada"}, noon.AddDate(0, 1, 0))
	_, e2 := r.RevokeAccessKey(t.Context(), name, "ada")
	_, e3 := r.AccessKeys(t.Context())
	return errors.Join(e1, e2, e3)
}

func TestAKeyIsKeptRotatedAndRevoked(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		was := keep(t, r, "one", "bank")
		overlap := was.CreatedAt.Add(time.Hour)
		old, now, err := r.RotateAccessKey(t.Context(), "one",
			AccessKey{ID: "two", Digest: digest("b")[7:], CreatedBy: "ada"}, overlap)
		if err != nil {
			t.Fatal(err)
		}
		life := was.ExpiresAt.Sub(was.CreatedAt)
		if !old.ExpiresAt.Equal(overlap) || now.Caller != "bank" || !slices.Equal(now.Endpoints, was.Endpoints) ||
			now.ExpiresAt.Sub(now.CreatedAt) != life {
			t.Errorf("rotated %+v to %+v", old, now)
		}
		revoked, err := r.RevokeAccessKey(t.Context(), "two", "grace")
		if err != nil || revoked.RevokedAt.IsZero() {
			t.Errorf("revoked %+v, %v", revoked, err)
		}
		again, err := r.RevokeAccessKey(t.Context(), "two", "grace")
		if err != nil || !again.RevokedAt.Equal(revoked.RevokedAt) {
			t.Errorf("revoked again %+v, %v", again, err)
		}
		all, err := r.AccessKeys(t.Context())
		if err != nil || len(all) != 2 || all[0].State(overlap.Add(-1)) != "valid" ||
			all[0].State(overlap) != "expired" || all[1].State(noon) != "revoked" {
			t.Errorf("%+v, %v", all, err)
		}
		verify(t, r)
	})
}

func TestAWrongKeyIsRefusedByName(t *testing.T) {
	r := freshFile(t).open(t)
	keep(t, r, "one", "bank")
	sound := AccessKey{ID: "two", Caller: "bank", Digest: digest("a")[7:], Endpoints: []string{"scoring"},
		CreatedBy: "ada", ExpiresAt: noon.AddDate(1, 0, 0)}
	for want, edit := range map[string]func(*AccessKey){
		"no id":           func(k *AccessKey) { k.ID = "" },
		"no digest":       func(k *AccessKey) { k.Digest = "" },
		"caller":          func(k *AccessKey) { k.Caller = "policy:x" },
		"opens no":        func(k *AccessKey) { k.Endpoints = nil },
		"not the name":    func(k *AccessKey) { k.Endpoints = []string{"a b"} },
		"which is past":   func(k *AccessKey) { k.ExpiresAt = noon.AddDate(-1, 0, 0) },
		"no name is give": func(k *AccessKey) { k.CreatedBy = " " },
	} {
		k := sound
		edit(&k)
		if _, err := r.CreateAccessKey(t.Context(), k); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	_, err := r.RevokeAccessKey(t.Context(), "none", "ada")
	var missing *NoKeyError
	if !errors.As(err, &missing) || !slices.Equal(missing.Have, []string{"one"}) {
		t.Errorf("a key that is not there: %v", err)
	}
	if _, err := r.RevokeAccessKey(t.Context(), "one", "ada"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.RotateAccessKey(t.Context(), "one", sound, noon); err == nil ||
		!strings.Contains(err.Error(), "revoked") {
		t.Errorf("a revoked key is rotated: %v", err)
	}
}
