//go:build integration

package cluster

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// confined asserts what the node's kernel says of the process, not what the
// manifest asked for.
func (s *site) confined(t *testing.T, p pod) {
	process := processOf(t, p)
	status := read(t, process, "status")
	for field, want := range map[string]string{
		"Uid": "65532 65532 65532 65532", "Gid": "65532 65532 65532 65532", "NoNewPrivs": "1",
		"CapEff": "0000000000000000", "CapBnd": "0000000000000000",
	} {
		if _, rest, _ := strings.Cut(status, "\n"+field+
			":"); strings.Join(strings.Fields(strings.SplitN(rest, "\n", 2)[0]), " ") != want {
			t.Errorf("the process has not %s %s:\n%s", field, want, status)
		}
	}
	for line := range strings.Lines(read(t, process, "mounts")) {
		mount := strings.Fields(line)
		if writable := slices.Contains(strings.Split(mount[3], ","), "rw"); writable &&
			(mount[1] == "/" || strings.HasPrefix(mount[1], "/etc/ashlar")) {
			t.Errorf("%s can be written to: %s", mount[1], line)
		}
	}
	if _, err := os.Stat(filepath.Join(process, "root/var/run/secrets/kubernetes.io")); !os.IsNotExist(err) {
		t.Errorf("the pod holds a token of the API server (%v)", err)
	}
}

// processOf returns the folder under /proc of the runtime in a pod.
func processOf(t *testing.T, p pod) string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range all {
		// Processes end while they are looked at.
		groups, _ := os.ReadFile(filepath.Join(dir, "cgroup"))
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		group := strings.ReplaceAll(string(groups), "_", "-") // systemd spells the pod's id with them
		if strings.Contains(group, p.Metadata.UID) &&
			strings.HasPrefix(string(command), "/bin/ashlar-runtime\x00serve") {
			return dir
		}
	}
	t.Fatalf("no process on this machine is that of pod %s", p.Metadata.Name)
	return ""
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// replaced deletes a pod and asserts that the one in its place serves the same.
func (s *site) replaced(t *testing.T, v version, before []pod, rows [][]byte, answers []string) {
	var known []string
	for _, p := range before {
		known = append(known, p.Metadata.UID)
	}
	s.must(t, "", "-n", s.namespace, "delete", "pod", before[0].Metadata.Name)
	var fresh pod
	eventually(t, patience, func() error {
		now := s.pods(t, s.namespace, serving)
		i := slices.IndexFunc(now, func(p pod) bool { return !slices.Contains(known, p.Metadata.UID) && p.ready() })
		if i < 0 {
			return fmt.Errorf("no pod has come in place of %s", before[0].Metadata.Name)
		}
		fresh = now[i]
		return nil
	})
	if err := s.serves(t, fresh, v); err != nil {
		t.Error(err)
	}
	if again := predictions(t, s.calling(t, fresh.address()), rows); !slices.Equal(again, answers) {
		t.Errorf("pod %s answers otherwise than those before it", fresh.Metadata.Name)
	}
}

// appliedAgain asserts that applying everything a second time changes nothing:
// the API server finds no difference, no object has a new generation, no pod
// has gone.
func (s *site) appliedAgain(t *testing.T) {
	before := s.generations(t)
	if len(before) < 15 {
		t.Fatalf("only %d objects were found; the test proves little", len(before))
	}
	// Exit code 1 is a difference, and kubectl prints it.
	if said, err := s.run(t, "", append([]string{"diff"}, s.applied()...)...); err != nil {
		t.Errorf("applying again would change something: %v\n%s", err, said)
	}
	s.must(t, "", append([]string{"apply"}, s.applied()...)...)
	if after := s.generations(t); !maps.Equal(before, after) {
		t.Errorf("before\n%v\nafter\n%v", before, after)
	}
}

// generations are the generation of every object that was applied, and the pods
// that serve, by kind and name.
func (s *site) generations(t *testing.T) map[string]string {
	t.Helper()
	type object struct {
		Kind     string
		Metadata struct {
			Namespace, Name, UID string
			Generation           int
		}
	}
	out := map[string]string{}
	for _, o := range get[struct{ Items []object }](t, s.ground, "-k", s.folder("manifests")).Items {
		out[o.Kind+" "+o.Metadata.Namespace+"/"+o.Metadata.Name] = fmt.Sprint(o.Metadata.UID,
			" ", o.Metadata.Generation)
	}
	for _, p := range s.pods(t, s.namespace, serving) {
		out["Pod "+p.Metadata.Name] = p.Metadata.UID
	}
	return out
}
