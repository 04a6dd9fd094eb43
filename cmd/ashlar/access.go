package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// accessKeyVerbs is the list that a new `ashlar access key` verb is added to.
var accessKeyVerbs = []func(*modelApp) *cobra.Command{
	accessCreateVerb, accessListVerb, accessRevokeVerb, accessRotateVerb,
}

func accessVerb(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "access",
		Short: "Manage who may ask the endpoints for predictions",
		Long: `Access manages the API keys of endpoints whose blueprint says access: keys. Keys are in the
registry of the local stack, or in that of a cluster if --registry or ASHLAR_DATABASE is
set; see "ashlar model". Servers that run notice a change within seconds.`,
		Example: "  ashlar access key create bank --endpoint scoring\n  ashlar access key list",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	m := &modelApp{app: a}
	m.dirFlag(c.PersistentFlags())
	c.PersistentPreRunE = m.begin
	key := &cobra.Command{
		Use:   "key",
		Short: "Create, list, rotate and revoke API keys",
		Long: `Key manages API keys. A key is shown once, when it is created; what is kept is its SHA-256.
Creating, rotating and revoking are entries of the audit log.`,
		Example: `  ashlar access key create bank --endpoint scoring --expires 30d
  ashlar access key list
  ashlar access key rotate ID --overlap 7d
  ashlar access key revoke ID`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, verb := range accessKeyVerbs {
		below := verb(m)
		m.registryFlags(below)
		key.AddCommand(below)
	}
	c.AddCommand(key)
	return c
}

// lifetime reads how long something lasts.
func (m *modelApp) lifetime(flag, text string) (time.Duration, error) {
	d, err := plan.ParseDuration(text)
	if err != nil {
		return 0, usageError(fmt.Sprintf("--%s: %v", flag, err))
	}
	return d, nil
}

func accessCreateVerb(m *modelApp) *cobra.Command {
	var by, expires string
	var endpoints []string
	c := &cobra.Command{
		Use:   "create CALLER --endpoint NAME",
		Short: "Create a key for a caller, and show it once",
		Example: `  ashlar access key create bank --endpoint scoring
  ashlar access key create auditor --endpoint '*' --expires 7d --output json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("ashlar access key create takes the caller's name, such as: ashlar access key create bank --endpoint scoring")
			}
			life, err := m.lifetime("expires", expires)
			if err == nil {
				err = m.endpointsNamed(endpoints)
			}
			if err != nil {
				return err
			}
			key, kept := access.NewKey()
			kept.Caller, kept.Endpoints, kept.CreatedBy = args[0], endpoints, m.actor(by)
			kept.ExpiresAt = m.now().Add(life)
			return m.with(c.Context(), func(r *registry.Registry) error {
				made, err := r.CreateAccessKey(c.Context(), kept)
				if err != nil {
					return err
				}
				return m.shownOnce(key, made, "")
			})
		},
	}
	c.Flags().StringSliceVar(&endpoints, "endpoint", nil, "an endpoint that the key opens; * is every one")
	c.Flags().StringVar(&expires, "expires", "90d", "how long the key is valid")
	identityFlag(c.Flags(), &by, "by", "who creates it")
	return c
}

// endpointsNamed refuses names that no endpoint of the blueprint has. Where the registry
// is a cluster's there may be no blueprint here to look at.
func (m *modelApp) endpointsNamed(names []string) error {
	if len(names) == 0 {
		return usageError("which endpoints does the key open? Add --endpoint NAME, or --endpoint '*' for every one")
	}
	p, err := loadPlan(m.dir, "")
	if err != nil && m.registry != "" {
		return nil
	}
	if err != nil {
		return err
	}
	have := slices.Sorted(maps.Keys(p.Endpoints))
	for _, name := range names {
		if name == registry.EveryEndpoint || slices.Contains(have, name) {
			continue
		}
		hint := nearest.Hint(name, have)
		if hint == "" {
			hint = "there are " + orNone(have)
		}
		return usageError(fmt.Sprintf("the blueprint has no endpoint %q; %s", name, hint))
	}
	return nil
}

// shownKey is a key that was just made, and what is kept of it.
type shownKey struct {
	Key string `json:"key"`
	registry.AccessKey
	Replaces string `json:"replaces,omitempty"`
}

// shownOnce prints a key.
func (m *modelApp) shownOnce(key string, k registry.AccessKey, replaces string) error {
	if m.json() {
		return m.writeJSON(shownKey{key, k, replaces})
	}
	fmt.Fprintf(m.out, "key %s of %s opens %s until %s; it is not shown again:\n\n%s\n\n"+
		"Send it as: Authorization: Bearer KEY\n", k.ID, k.Caller, strings.Join(k.Endpoints, ", "),
		k.ExpiresAt.Format(time.RFC3339), key)
	return nil
}

func accessListVerb(m *modelApp) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the keys, also those that are expired or revoked",
		Example: "  ashlar access key list\n  ashlar access key list --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return m.with(c.Context(), func(r *registry.Registry) error {
				keys, err := r.AccessKeys(c.Context())
				if err != nil {
					return err
				}
				if m.json() {
					return m.writeJSON(keys)
				}
				if len(keys) == 0 {
					fmt.Fprintln(m.out, "there is no access key yet; `ashlar access key create CALLER --endpoint NAME` makes one")
					return nil
				}
				rows := make([][]string, len(keys))
				for i, k := range keys {
					rows[i] = []string{k.ID, k.Caller, strings.Join(k.Endpoints, ", "), k.State(m.now()),
						k.CreatedAt.Format(time.RFC3339), k.ExpiresAt.Format(time.RFC3339), k.CreatedBy}
				}
				m.table([]string{"id", "caller", "endpoints", "state", "created", "expires", "by"}, rows)
				return nil
			})
		},
	}
}

func accessRevokeVerb(m *modelApp) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:     "revoke ID",
		Short:   "Revoke a key for good",
		Example: "  ashlar access key revoke qmkx4eh2w7rz3tva",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := keyArg(c, args)
			if err != nil {
				return err
			}
			return m.with(c.Context(), func(r *registry.Registry) error {
				k, err := r.RevokeAccessKey(c.Context(), id, m.actor(by))
				if err != nil {
					return nearestKey(err)
				}
				if m.json() {
					return m.writeJSON(k)
				}
				fmt.Fprintf(m.out, "key %s of %s is revoked\n", k.ID, k.Caller)
				return nil
			})
		},
	}
	identityFlag(c.Flags(), &by, "by", "who revokes it")
	return c
}

func accessRotateVerb(m *modelApp) *cobra.Command {
	var by, overlap, expires string
	c := &cobra.Command{
		Use:   "rotate ID",
		Short: "Create the key that follows another, which goes on for a while",
		Long: `Rotate creates a key for the same caller and endpoints, valid for as long as the one before
was made for. The one before is valid for the overlap, in which the caller changes over.`,
		Example: "  ashlar access key rotate qmkx4eh2w7rz3tva --overlap 7d",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := keyArg(c, args)
			if err != nil {
				return err
			}
			both, err := m.lifetime("overlap", overlap)
			if err != nil {
				return err
			}
			key, next := access.NewKey()
			next.CreatedBy = m.actor(by)
			if expires != "" {
				life, err := m.lifetime("expires", expires)
				if err != nil {
					return err
				}
				next.ExpiresAt = m.now().Add(life)
			}
			return m.with(c.Context(), func(r *registry.Registry) error {
				was, made, err := r.RotateAccessKey(c.Context(), id, next, m.now().Add(both))
				if err != nil {
					return nearestKey(err)
				}
				if !m.json() {
					fmt.Fprintf(m.out, "key %s is valid until %s\n", was.ID, was.ExpiresAt.Format(time.RFC3339))
				}
				return m.shownOnce(key, made, was.ID)
			})
		},
	}
	c.Flags().StringVar(&overlap, "overlap", "24h", "how long the key before is still valid")
	c.Flags().StringVar(&expires, "expires", "", "how long the new key is valid (default: as long as the one before)")
	identityFlag(c.Flags(), &by, "by", "who rotates it")
	return c
}

// keyArg takes the id of a key. A whole key is refused without repeating it: it should
// not be on a command line.
func keyArg(c *cobra.Command, args []string) (string, error) {
	if len(args) != 1 {
		return "", usageError(c.CommandPath() + " takes the id of a key; `ashlar access key list` has all")
	}
	if strings.HasPrefix(args[0], "ashlar_") {
		return "", usageError("this is a key and not the id of one: use the 16 letters after ashlar_, and since the key is now in your shell's history, revoke it")
	}
	return args[0], nil
}

// nearestKey adds the nearest id to the error about a key that is not there.
func nearestKey(err error) error {
	var missing *registry.NoKeyError
	if errors.As(err, &missing) {
		if hint := nearest.Hint(missing.ID, missing.Have); hint != "" {
			return fmt.Errorf("%w; %s", err, hint)
		}
	}
	return err
}
