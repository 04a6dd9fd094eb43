// Package existing looks up the parts of a foundation that are there already, which the
// config names by their ids in AWS, and checks each for what the workloads need. It
// creates, changes and deletes nothing: what is missing is said, with the command that
// puts it right, all of it together and before the first resource is registered.
//
// A rendering has no account to ask. Each part is then a data source of the rendered
// Terraform, and nothing is checked.
package existing

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// Parts are what the foundation takes from the parts that exist; nil where it makes one.
type Parts struct {
	Network  *Network
	Cluster  *Cluster
	Database *Database
	Registry *Registry
	Bucket   *Bucket
}

// finder is one Find in progress.
type finder struct {
	ctx      *pulumi.Context
	cfg      config.Config
	account  string
	at       Parts
	problems []error
	notes    []string
}

// Find looks up what the config names, in the account. Live is false in a rendering.
// What is missing is one error; what is only worth knowing is logged.
func Find(ctx *pulumi.Context, cfg config.Config, account string, live bool) (*Parts, error) {
	f := &finder{ctx: ctx, cfg: cfg, account: account}
	steps := []func(){f.network, f.cluster, f.database, f.registry, f.bucket}
	if live {
		steps = append(steps, f.checkNetwork, f.checkCluster, f.checkKey, f.checkDatabase, f.checkRegistry,
			f.checkBucket)
	}
	for _, step := range steps {
		step()
	}
	if err := errors.Join(f.problems...); err != nil {
		return nil, err
	}
	for _, note := range f.notes {
		if err := ctx.Log.Warn(note, nil); err != nil {
			return nil, err
		}
	}
	return &f.at, nil
}

// failed reports that something could not be looked up.
func (f *finder) failed(key, id string, err error) {
	if absent(err) {
		f.problems = append(f.problems, fmt.Errorf("config %s: account %s has no %s in %s: name one that exists, or take the key out to have one made",
			key, f.account, id, f.cfg.Region))
		return
	}
	f.problems = append(f.problems, fmt.Errorf("config %s: %s: %w", key, id, err))
}

// absent reports whether an error says that something is not there, rather than that
// nobody may look: AWS and its provider have a text for each kind.
func absent(err error) bool {
	for _, text := range []string{"no matching", "no results", "NotFound", "NoSuch", "couldn't find"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

// report is what a check has to say of one part.
type report struct {
	key, id  string
	problems []error
	notes    []string
}

// say adds a problem: what is wrong, and what to do.
func (r *report) say(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("config %s: %s: %s", r.key, r.id, fmt.Sprintf(format, args...)))
}

// note adds what works, and is worth knowing.
func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf("config %s: %s: %s", r.key, r.id, fmt.Sprintf(format, args...)))
}

// take adds the report to what is said together.
func (f *finder) take(r *report) {
	f.problems, f.notes = append(f.problems, r.problems...), append(f.notes, r.notes...)
}
