//go:build linux && integration

package confine

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// field is the world that a stage is in: what the helper is told of it, and
// what only the test knows.
type field struct {
	Secret, Outside, Store, Object, State, Other, Dir string
	Parent, Sibling                                   int
	Socket, Hidden, Address, Shared                   string

	t     *testing.T
	temp  string
	store *store.Store
}

// newField lays it out in the folder, which has the helper.
func newField(t *testing.T, base string) *field {
	at := func(parts ...string) string { return filepath.Join(append([]string{base}, parts...)...) }
	f := &field{
		Secret: at("secret"), Outside: at("outside"), Store: at("state", "objects"),
		State: at("state", "registry.db"), Dir: at("blueprint"),
		Other: at("state", "tmp", "ashlar-stage-other"), Parent: os.Getpid(),
		Hidden: fmt.Sprint("ashlar-", os.Getpid()), t: t, temp: at("state", "tmp"),
		Socket: at("socket"), Shared: fmt.Sprint("/dev/shm/ashlar-", os.Getpid()),
	}
	for file, text := range map[string]string{
		f.Secret: "s3cret", f.Outside + "/old": "x", f.State: "x", f.Other + "/work/data.csv": "x", f.Dir +
			"/blueprint.cue": "x", f.Dir + "/.git/hooks/x": "x",
		f.Store + "/x": "x", f.Shared: "x",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Remove(f.Shared) })
	var err error
	if f.store, err = store.Open(t.Context(), f.Store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	f.Object = f.Store + "/x"
	f.listen()
	sibling := exec.CommandContext(t.Context(), "sleep", "60")
	sibling.Env = []string{"TOKEN=s3cret"}
	if err := sibling.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sibling.Process.Kill(); _ = sibling.Wait() })
	f.Sibling = sibling.Process.Pid
	copied(t, at("escape"), filepath.Join(f.Dir, "escape"))
	b, err := json.Marshal(f)
	if err == nil {
		err = os.WriteFile(filepath.Join(f.Dir, "field.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// listen opens the doors that a stage may knock at.
func (f *field) listen() {
	for network, address := range map[string]*string{"unix": &f.Socket, "tcp": &f.Address} {
		if network == "tcp" {
			*address = "127.0.0.1:0"
		}
		f.door(network, address)
	}
	hidden := "@" + f.Hidden
	f.door("unix", &hidden)
}

func (f *field) door(network string, address *string) {
	l, err := net.Listen(network, *address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = l.Close() })
	*address = l.Addr().String()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
}
