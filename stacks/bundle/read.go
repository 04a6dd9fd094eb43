package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// What is read of a rendering at most. etcd takes 1.5 MiB an object, and Flux 50 MiB
// an artifact.
const (
	maxFiles = 20_000
	maxFile  = 2 << 20
	maxAll   = 48 << 20
)

// folders of a rendering that are in a bundle. secrets/ is not.
var folders = []string{"crds", "manifests"}

// Manifests are the objects of a rendering.
type Manifests struct{ Objects []Object }

// Read reads the folder that `ashlar generate manifests` wrote: every .yaml file of
// manifests/ and crds/, including those that somebody put there, such as an
// ExternalSecret. It returns everything that is wrong at once. Links are not followed.
func Read(dir string) (*Manifests, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("manifests: %w", err)
	}
	defer func() { _ = root.Close() }() // only read
	r := &reader{root: root.FS(), seen: map[string]string{}}
	for _, folder := range folders {
		err := fs.WalkDir(r.root, folder, r.visit)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("manifests: %w", err)
		}
	}
	if err := errors.Join(r.wrong...); err != nil {
		return nil, err
	}
	if len(r.objects) == 0 {
		return nil, fmt.Errorf("manifests: %s has no folder manifests with objects in it; write it with `ashlar generate manifests --out %s`", dir, dir)
	}
	return &Manifests{Objects: r.objects}, nil
}

// reader collects the objects of a folder and what is wrong with them.
type reader struct {
	root    fs.FS
	files   int
	bytes   int64
	objects []Object
	seen    map[string]string // an object -> its file
	wrong   []error
}

// visit reads one file. It returns what ends the walk, and keeps what is wrong with a
// single file.
func (r *reader) visit(name string, d fs.DirEntry, err error) error {
	if err != nil || d.IsDir() || path.Base(name) == kustomizationFile {
		return err
	}
	if r.files++; r.files > maxFiles {
		return fmt.Errorf("more than %d files", maxFiles)
	}
	extension := path.Ext(name)
	if !d.Type().IsRegular() || extension != ".yaml" && extension != ".yml" {
		r.wrong = append(r.wrong, fmt.Errorf("%s: is not a regular .yaml file; a bundle holds manifests only", name))
		return nil
	}
	f, err := r.root.Open(name)
	if err != nil {
		return err
	}
	text, err := plan.ReadAll(f, name, maxFile)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if r.bytes += int64(len(text)); r.bytes > maxAll {
		return fmt.Errorf("the manifests have more than %d MiB", maxAll>>20)
	}
	if err := r.add(name, text); err != nil {
		r.wrong = append(r.wrong, fmt.Errorf("%s: %w", name, err))
	}
	return nil
}

// add reads the documents of one file.
func (r *reader) add(name string, text []byte) error {
	var bodies []map[string]any
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var body map[string]any
		err := dec.Decode(&body)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if body != nil {
			bodies = append(bodies, body)
		}
	}
	var wrong []error
	for i, body := range bodies {
		o, err := newObject(body)
		if err == nil {
			err = r.first(o, name)
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		o.file = placed(name, i)
		if len(bodies) == 1 {
			o.text = text
		}
		r.objects = append(r.objects, o)
	}
	return errors.Join(wrong...)
}

// first refuses an object that another file has: which of them counts would depend on
// who applies them.
func (r *reader) first(o Object, name string) error {
	key := o.Group() + "/" + o.String()
	if other, ok := r.seen[key]; ok {
		return fmt.Errorf("%s is in %s too; keep one of them", o, other)
	}
	r.seen[key] = name
	return nil
}

// placed is the object's path in the folder of its stage: its file without the folder
// manifests/, with a number where the file has further documents.
func placed(name string, i int) string {
	name = strings.TrimPrefix(name, "manifests/")
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".yml"), ".yaml")
	if i > 0 {
		name += fmt.Sprintf(".%d", i+1)
	}
	return name + ".yaml"
}
