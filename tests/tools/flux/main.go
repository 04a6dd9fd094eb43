// Command flux-apply does once what Flux' controllers do in a loop, with their own
// libraries, for tests that have no Flux: it reads an OCIRepository and Kustomizations,
// verifies and pulls the artifact, applies a stage when the one before is healthy, and
// prints an object a line with what was done to it.
//
//	flux-apply FILE
//
// It pulls with the library and the rules of Argo CD, so that the artifact is one that
// both accept.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "flux-apply:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("it takes one file, which `ashlar generate delivery --for flux` wrote")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	d, err := read(text)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "flux-apply-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := d.pull(ctx, dir); err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	for _, k := range d.stages {
		if err := c.apply(ctx, k, dir); err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
	}
	return nil
}

// delivery are the objects of the file.
type delivery struct {
	source *sourcev1.OCIRepository
	stages []*kustomizev1.Kustomization // in the order of dependsOn
	keys   map[string]*corev1.Secret
}

// read decodes the file strictly: a field that Flux does not have is an error, as its
// API server would say.
func read(text []byte) (*delivery, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, sourcev1.AddToScheme,
		kustomizev1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	d, done := &delivery{keys: map[string]*corev1.Secret{}}, map[string]bool{}
	for docs := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text))); ; {
		doc := make([]byte, 1<<20)
		n, err := docs.Read(doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		one, _, err := decoder.Decode(doc[:n], nil, nil)
		if err != nil {
			return nil, err
		}
		switch one := one.(type) {
		case *corev1.Secret:
			d.keys[one.Name] = one
		case *sourcev1.OCIRepository:
			d.source = one
		case *kustomizev1.Kustomization:
			for _, before := range one.Spec.DependsOn {
				if !done[before.Name] {
					return nil, fmt.Errorf("%s waits for %s, which is not before it", one.Name, before.Name)
				}
			}
			done[one.Name], d.stages = true, append(d.stages, one)
		default:
			return nil, fmt.Errorf("a %T has no place in a delivery", one)
		}
	}
	if d.source == nil || len(d.stages) == 0 {
		return nil, errors.New("no OCIRepository, or no Kustomization")
	}
	return d, nil
}
