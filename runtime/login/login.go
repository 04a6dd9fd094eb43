// Package login proves to a PostgreSQL database who is asking.
//
// It exists so that no workload needs a long-lived password. There are three
// modes, chosen by the environment and not by the plan:
//
//	password  what the database's URL, or a variable from a Secret, holds; where a
//	          file has the URL too, it is read before each connection
//	secret    name and password from AWS Secrets Manager, read before each
//	          connection, so that a rotation is followed
//	iam       a token of 15 minutes signed with the workload's own AWS
//	          identity; there is no password anywhere
//
// A connection to *.rds.amazonaws.com is held to Amazon's own roots, which no
// operating system ships. rds.pem has those of the 27 regions in rds_test.go;
// in a newer region name the file with sslrootcert in the URL.
//
// No password, token or secret is ever part of an error.
package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// The modes.
const (
	Password = "password"
	Secret   = "secret"
	IAM      = "iam"
)

// Config says how to log in.
type Config struct {
	Mode     string // password (also where empty), secret or iam
	Database string // the database's URL, or the path of a SQLite file
	Secret   string // the secret's ARN or name; for mode secret
	File     string // that has the URL as it is now, which may be missing; for mode password
	Region   string // AWS region; empty: that of the secret, of the host or of the environment
}

// Check returns everything that is wrong, before anything is connected.
// A URL that does not parse is not shown, as it may hold a password.
func (c Config) Check() error {
	var problems []error
	modes := []string{"", Password, Secret, IAM}
	if !slices.Contains(modes, c.Mode) {
		problems = append(problems, fmt.Errorf("database login %q: use password, secret or iam", c.Mode))
	}
	if c.Mode == Secret && c.Secret == "" {
		problems = append(problems, errors.New("database login: mode secret needs the ARN of the secret"))
	}
	if c.Mode != Secret && c.Secret != "" {
		problems = append(problems, fmt.Errorf("database login: a secret is named, but the mode is %s; use mode secret",
			cmp.Or(c.Mode, Password)))
	}
	u, err := url.Parse(c.Database)
	remote := err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql")
	if c.File != "" && (c.Mode == Secret || c.Mode == IAM || !remote) {
		problems = append(problems, errors.New(
			"database login: a file with the URL is for mode password and a postgres:// URL"))
	}
	if (c.Mode == Secret || c.Mode == IAM) && !remote {
		problems = append(problems, fmt.Errorf("database login: mode %s is for a postgres:// URL", c.Mode))
	}
	if (c.Mode == Secret || c.Mode == IAM) && remote {
		if _, set := u.User.Password(); set || u.Query().Has("password") {
			problems = append(problems, fmt.Errorf("database login: the URL contains a password, which mode %s does not use; take it out", c.Mode))
		}
	}
	if c.Mode == IAM && remote && u.User.Username() == "" {
		problems = append(problems, errors.New("database login: mode iam needs the database user in the URL, such as postgres://ashlar@host:5432/ashlar"))
	}
	return errors.Join(problems...)
}

// New returns how to log in. It reads AWS settings from the environment as any
// AWS program does, and calls nothing yet.
func New(ctx context.Context, c Config) (registry.Login, error) {
	if err := c.Check(); err != nil {
		return registry.Login{}, err
	}
	host := ""
	if u, err := url.Parse(c.Database); err == nil {
		host = u.Hostname()
	}
	roots, err := rootsFor(host)
	if err != nil {
		return registry.Login{}, err
	}
	l := registry.Login{Roots: roots}
	switch c.Mode {
	case "", Password:
		if c.File != "" {
			l.Credentials, l.OfURL = c.reread, true
		}
	case Secret:
		l.Credentials, err = c.secret(ctx)
	case IAM:
		l.Credentials, err = c.iam(ctx, host)
	}
	return l, err
}

// amazon loads the AWS configuration for the first region that is known.
// The region in c comes first, then the one that is given, then the environment's.
func (c Config) amazon(ctx context.Context, region string) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if r := cmp.Or(c.Region, region); r != "" {
		options = append(options, config.WithRegion(r))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("AWS configuration: no region; set AWS_REGION")
	}
	return cfg, nil
}

// regionOf is the region in an RDS host's name or in an ARN, or "".
// A host is NAME.ID.REGION.rds.amazonaws.com; an ARN has the region as its fourth
// part.
func regionOf(name string) string {
	if parts := strings.Split(name, ":"); len(parts) > 3 && parts[0] == "arn" {
		return parts[3]
	}
	for _, suffix := range rdsSuffixes {
		if front, ok := strings.CutSuffix(name, suffix); ok {
			return front[strings.LastIndexByte(front, '.')+1:]
		}
	}
	return ""
}
