// Package oip checks that a server speaks the Open Inference Protocol, version 2,
// over HTTP. It is written from the specification and knows nothing of our
// server's code, so that it can be pointed at any:
//
//	go test ./tests/oip -run TestAServerConforms -v -url http://localhost:8000 -model mymodel
//
// Requests are made up from the model's metadata, with zeros and the text a. A
// model that refuses those needs an example: -request FILE, an inference request
// as JSON. Without -url our own server is started and asked.
package oip

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
)

var (
	address = flag.String("url", "", "server to check, such as http://localhost:8000; ours if empty")
	name    = flag.String("model", "", "model to ask; if empty, the first that the server lists")
	steered = flag.String("operators", "",
		"where the server loads and unloads models, if that is another address than -url, such as http://localhost:8081")
	example = flag.String("request", "", "file with an inference request that the model answers")
)

// check is one thing that the protocol asks for.
type check struct {
	name string
	// extension that must be in the server's list for the check to be made.
	extension string
	run       func(*session) error
}

func suite() []check {
	return slices.Concat(metadataChecks, inferenceChecks, refusalChecks, binaryChecks, repositoryChecks)
}

// findings runs the suite and returns what is wrong by the check's name, and the
// names of the checks that were made.
func findings(ctx context.Context, target, model string, request []byte) (wrong map[string]error, made []string) {
	wrong = map[string]error{}
	s, err := newSession(ctx, target, model, request)
	if err != nil {
		return map[string]error{"start": err}, nil
	}
	for _, c := range suite() {
		if c.extension != "" && !slices.Contains(s.extensions, c.extension) {
			continue
		}
		made = append(made, c.name)
		if err := c.run(s); err != nil {
			wrong[c.name] = err
		}
	}
	return wrong, made
}

func TestAServerConforms(t *testing.T) {
	target, model, request := *address, *name, []byte(nil)
	if target == "" {
		target, model = ours(t), ourModel
		request = []byte(ourRequest)
	} else if *example != "" {
		b, err := os.ReadFile(*example)
		if err != nil {
			t.Fatal(err)
		}
		request = b
	}
	wrong, made := findings(t.Context(), target, model, request)
	for name, err := range wrong {
		t.Errorf("%s: %v", name, err)
	}
	for _, name := range made {
		if wrong[name] == nil {
			t.Logf("ok: %s", name)
		}
	}
	if *address == "" && len(made) != len(suite()) {
		t.Errorf("%d of %d checks were made", len(made), len(suite()))
	}
}

// must joins what is wrong.
func must(all ...error) error { return errors.Join(all...) }

func want(good bool, format string, args ...any) error {
	if good {
		return nil
	}
	return fmt.Errorf(format, args...)
}
