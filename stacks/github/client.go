// Package github keeps a blueprint's repository on GitHub: the comment and
// the check run that a pull request shows, the protection that makes both
// count, pull requests that promote, and the approvals that reviewers gave.
//
// Everything that changes something looks first and does nothing where all is
// as it should be, so that a workflow may be run again at any time. Texts that
// came from a pull request are data here: nothing of them is run, and what is
// shown was made harmless by whoever rendered it.
package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// DefaultAPI is the API of github.com.
const DefaultAPI = "https://api.github.com"

// Config says which repository, and how to sign in: with a token, or as an
// installation of a GitHub App.
type Config struct {
	Repository string // owner/name
	API        string // base URL; DefaultAPI where empty
	Token      string
	App        *App // in place of a token

	Transport http.RoundTripper // that of package outbound where nil
	Now       func() time.Time
	// Sleep waits, or returns the context's error; nil waits in real time.
	Sleep func(context.Context, time.Duration) error
	// Notice hears of waits that a person may wonder about; may be nil.
	Notice func(string)
}

// App is a GitHub App's installation.
type App struct {
	ID           int64
	Installation int64
	Key          []byte // PEM of its private key
}

// Client works on one repository. It is safe for concurrent use.
type Client struct {
	api         *github.Client
	owner, name string
	now         func() time.Time
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$`)

// New checks the configuration. Nothing is asked of GitHub yet.
// Errors never hold a token or a key. The client's transports are nested: outbound's
// rules innermost, then retries, then the check of answers, then an App's signing.
func New(cfg Config) (*Client, error) {
	var problems []error
	if !repositoryName.MatchString(cfg.Repository) {
		problems = append(problems, fmt.Errorf("repository %q: want owner/name; set --repo or GITHUB_REPOSITORY",
			cfg.Repository))
	}
	if cfg.API == "" {
		cfg.API = DefaultAPI
	}
	base, err := url.Parse(strings.TrimSuffix(cfg.API, "/") + "/")
	if err != nil || base.Host == "" || base.Scheme != "https" &&
		(base.Scheme != "http" || !outbound.Loopback(base.Hostname())) {
		problems = append(problems, fmt.Errorf("API %q: want an https URL such as %s or https://github.example.com/api/v3", cfg.API, DefaultAPI))
	}
	if cfg.Token == "" && cfg.App == nil {
		problems = append(problems, errors.New("not signed in: set GITHUB_TOKEN, or ASHLAR_GITHUB_APP_ID, ASHLAR_GITHUB_INSTALLATION_ID and ASHLAR_GITHUB_APP_KEY (a file)"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Transport == nil {
		cfg.Transport = outbound.Transport(outbound.Config{})
	}
	// Retries are below signing: an App's token is fetched once for a request and used for
	// all of its attempts.
	patient := &patience{next: cfg.Transport, now: cfg.Now, sleep: cfg.Sleep, notice: cfg.Notice}
	var transport http.RoundTripper = sound{patient}
	if cfg.App != nil {
		app, err := ghinstallation.New(transport, cfg.App.ID, cfg.App.Installation, cfg.App.Key)
		if err != nil {
			return nil, errors.New("the App's private key is not an RSA key in PEM format") // the cause might quote it
		}
		app.BaseURL = strings.TrimSuffix(base.String(), "/")
		transport = app
	}
	// Ten minutes for one request with its waits; a longer limit fails the command.
	api := github.NewClient(outbound.Over(transport, 10*time.Minute))
	if cfg.App == nil {
		api = api.WithAuthToken(cfg.Token)
	}
	api.BaseURL, api.UserAgent = base, "ashlar"
	owner, name, _ := strings.Cut(cfg.Repository, "/")
	return &Client{api: api, owner: owner, name: name, now: cfg.Now}, nil
}

// sleep waits in real time, or returns the context's error when it ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Outcome is what was done about something.
type Outcome struct {
	Action string `json:"action"` // created, updated, unchanged
	URL    string `json:"url,omitempty"`
}

// The actions.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
)

// explained puts GitHub's answer into a sentence with the next step.
// Errors that are not answers, such as a broken connection, are only put into the
// sentence.
func explained(doing string, err error) error {
	var e *github.ErrorResponse
	if err == nil || !errors.As(err, &e) || e.Response == nil {
		return wrap(doing, err)
	}
	hint := ""
	switch e.Response.StatusCode {
	case http.StatusUnauthorized:
		hint = "; the token is wrong or has expired"
	case http.StatusForbidden:
		hint = "; the token is not allowed to do this: give its job or App the permission, see `ashlar github --help`"
	case http.StatusNotFound:
		hint = "; it does not exist, or the token is not allowed to read it"
	}
	message := e.Message
	for _, one := range e.Errors {
		if one.Message != "" {
			message += ": " + one.Message
		}
	}
	return &AnsweredError{Status: e.Response.StatusCode,
		message: fmt.Sprintf("%s: GitHub answers %d %s%s", doing, e.Response.StatusCode, message, hint)}
}

// AnsweredError is what GitHub answers where it does not do what it is asked.
type AnsweredError struct {
	Status  int
	message string
}

// Error says what was asked, what GitHub answers, and the next step.
func (e *AnsweredError) Error() string { return e.message }

// HTTPStatusCode is the answer's status.
func (e *AnsweredError) HTTPStatusCode() int { return e.Status }

// wrap is err with what was being done; nil stays nil.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// status is the HTTP status of an error, or 0.
func status(err error) int {
	var e *github.ErrorResponse
	if errors.As(err, &e) && e.Response != nil {
		return e.Response.StatusCode
	}
	return 0
}

// pages calls get for every page.
// A hundred entries a page is GitHub's maximum. An error ends it, with what earlier
// pages had already handed over.
func pages(get func(github.ListOptions) (*github.Response, error)) error {
	opt := github.ListOptions{PerPage: 100}
	for {
		r, err := get(opt)
		if err != nil {
			return err
		}
		if r.NextPage == 0 {
			return nil
		}
		opt.Page = r.NextPage
	}
}

// drain lets a connection be used again.
func drain(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 64<<10))
	_ = body.Close()
}
