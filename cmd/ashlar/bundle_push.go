package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/bundle"
	"github.com/ashlar-dev/ashlar/stacks/image"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// pushedBundle is the answer for programs.
type pushedBundle struct {
	Reference   string            `json:"reference"` // as it was asked for
	Digest      string            `json:"digest"`
	Pinned      string            `json:"pinned"`  // oci://repository@digest
	Already     bool              `json:"already"` // the registry had it, and the signature
	Signed      bool              `json:"signed"`
	Objects     int               `json:"objects"`
	Annotations map[string]string `json:"annotations"`
}

func bundlePushVerb(a *app) *cobra.Command {
	var s bundleSource
	var key string
	c := &cobra.Command{
		Use:   "push URL [DIR...]",
		Short: "Push the manifests as one OCI artifact and print its reference by digest",
		Long: `Push renders the manifests of the blueprints in DIR (default: every blueprint under the
current folder), or takes those of --from, and pushes them as one artifact. The same
manifests of the same commit give the same digest, and what the registry has is not
sent again. The artifact's annotations name the repository, the commit and its time, if
the work tree has no other changes, and the digest of each plan.

Push uses Docker's credentials: those of "docker login" and of credential helpers.

With --key the artifact is signed in cosign's format, with an unencrypted ECDSA P-256 or
Ed25519 key. ashlar bundle verify, cosign verify --key and Flux verify it.`,
		Example: `  ashlar bundle push oci://registry.example.com/acme/credit:1.2.0 --env prod --provider kubernetes --config-file Pulumi.prod.yaml
  ashlar bundle push oci://registry.example.com/acme/credit:1.2.0 --from deploy
  ashlar bundle push oci://registry.example.com/acme/credit:1.2.0 --from deploy --key bundle.key`,
		Args: s.bundleArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return a.pushBundle(c.Context(), args[0], args[1:], &s, key)
		},
	}
	s.add(c.Flags())
	c.Flags().StringVar(&key, "key", "", "sign with the private key in this `FILE` (PEM, PKCS#8)")
	return c
}

func (a *app) pushBundle(ctx context.Context, to string, dirs []string, s *bundleSource, keyFile string) error {
	tag, err := bundle.ParseTag(to)
	if err != nil {
		return usageError(err.Error())
	}
	var key *bundle.PrivateKey
	if keyFile != "" {
		read, err := bundle.ReadPrivateKey(keyFile)
		if err != nil {
			return usageError(err.Error())
		}
		key = &read
	}
	m, folder, err := s.manifests(ctx, a, dirs)
	if err != nil {
		return err
	}
	origin, err := a.origin(ctx, folder, dirs)
	if err != nil {
		return err
	}
	b, err := bundle.Build(m, origin)
	if err != nil {
		return err
	}
	pushed, err := image.Push(ctx, b.Image, tag, a.sent())
	if err != nil {
		return err
	}
	out := pushedBundle{Reference: to, Digest: pushed.Digest, Pinned: "oci://" + pushed.Pinned, Already: pushed.Already,
		Objects: len(m.Objects), Annotations: b.Annotations}
	if key != nil {
		already, err := bundle.Sign(ctx, tag.Context().Digest(b.Digest), *key)
		if err != nil {
			return err
		}
		out.Signed, out.Already = true, out.Already && already
	}
	return a.pushedBundle(tag, out)
}

// pushedBundle prints the reference by digest on standard output, and the rest for
// people on standard error.
func (a *app) pushedBundle(tag name.Tag, out pushedBundle) error {
	if a.json() {
		return a.writeJSON(out)
	}
	what := "pushed"
	if out.Already {
		what = "nothing to push: the registry has it already:"
	}
	signed := ""
	if out.Signed {
		signed = ", signed"
	}
	a.tell("%s %s with %s%s", what, tag, counted(out.Objects, "object"), signed)
	fmt.Fprintln(a.out, out.Pinned)
	return nil
}

// origin says which commit the manifests are of. A work tree that differs from its
// commit is of none: then the annotations would name what others cannot check out.
func (a *app) origin(ctx context.Context, folder string, dirs []string) (bundle.Origin, error) {
	created, err := a.created()
	if err != nil {
		return bundle.Origin{}, err
	}
	out := bundle.Origin{Created: created}
	dir := "."
	if len(dirs) > 0 {
		dir = dirs[0]
	}
	h, err := revision.HeadOf(ctx, cmp.Or(folder, dir), folder)
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case err != nil:
		a.tell("no commit is named in the annotations: %v", err)
		return out, nil
	case h.Changed:
		a.tell("no commit is named in the annotations: the work tree differs from commit %.12s", h.Commit)
		return out, nil
	}
	out.Source, out.Revision = h.Source, h.Commit
	if created.IsZero() {
		out.Created = h.Time
	}
	return out, nil
}
