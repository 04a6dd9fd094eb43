package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Format is the version of manifests that this program writes and reads.
const Format = 1

// prefix is what the names of manifests begin with, among the place's references.
const prefix = "backups/"

// The streams of a manifest.
const (
	referenceStream = "store/references"
	objectStream    = "store/objects"
	tablePrefix     = "registry/"
)

// Manifest names all that a backup consists of.
type Manifest struct {
	Format   int               `json:"format"`
	At       time.Time         `json:"at"` // when it was begun, to the millisecond
	Registry registry.Snapshot `json:"registry"`
	// ObjectBytes is the size of all objects of the store.
	ObjectBytes int64    `json:"object_bytes"`
	Streams     []Stream `json:"streams"`
}

// stream returns the stream of that name; decode has found that it is there.
func (m *Manifest) stream(name string) Stream {
	i := slices.IndexFunc(m.Streams, func(s Stream) bool { return s.Name == name })
	return m.Streams[i]
}

// Objects is how many objects of the store the backup has.
func (m *Manifest) Objects() int64 { return m.stream(objectStream).Rows }

// References is how many references of the store the backup has.
func (m *Manifest) References() int64 { return m.stream(referenceStream).Rows }

// Rows is how many rows of the registry the backup has, by table.
func (m *Manifest) Rows() map[string]int64 {
	out := map[string]int64{}
	for _, table := range registry.Tables(m.Registry.Schema) {
		out[table] = m.stream(tablePrefix + table).Rows
	}
	return out
}

// streamNames are those that a manifest has, whose registry was of the version of the schema.
func streamNames(schema int64) []string {
	out := []string{referenceStream, objectStream}
	for _, table := range registry.Tables(schema) {
		out = append(out, tablePrefix+table)
	}
	slices.Sort(out)
	return out
}

// put keeps the manifest under its ID: its time and the beginning of its digest.
func (m *Manifest) put(ctx context.Context, place *store.Store) (id, digest string, err error) {
	b, err := plan.Canonical(m)
	if err != nil {
		return "", "", fmt.Errorf("manifest: %w", err)
	}
	digest = plan.DigestBytes(b)
	id = idOf(m.At, digest)
	if err := place.PutRef(ctx, prefix+id, b); err != nil {
		return "", "", fmt.Errorf("manifest: %w", err)
	}
	return id, digest, nil
}

func idOf(at time.Time, digest string) string {
	return at.UTC().Format("20060102T150405.000Z") + "-" + digest[len("sha256:"):][:12]
}

// decode reads a manifest, and refuses one whose ID is not that of its content.
func decode(id string, b []byte) (*Manifest, error) {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("it does not read: %w", err)
	}
	if head.Format > Format {
		return nil, fmt.Errorf("its format is %d and this Ashlar knows %d: upgrade the ashlar on this machine", head.Format,
			Format)
	}
	m := &Manifest{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("it does not read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows it")
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if want := idOf(m.At, plan.DigestBytes(b)); want != id {
		return nil, fmt.Errorf("its content is that of backup %s", want)
	}
	return m, nil
}

// check returns the first thing that no manifest of Make has.
func (m *Manifest) check() error {
	if m.Format != Format {
		return fmt.Errorf("its format is %d", m.Format)
	}
	if m.ObjectBytes < 0 || m.Registry.Log.Seq < 0 || m.Registry.Schema < 0 {
		return errors.New("a count in it is negative")
	}
	var names []string
	for _, s := range m.Streams {
		names = append(names, s.Name)
		if s.Rows < 0 || s.Bytes < 0 || !store.IsDigest(s.Digest) {
			return fmt.Errorf("%.80q in it has no digest, or a negative count", s.Name)
		}
		if i := slices.IndexFunc(s.Parts, func(d string) bool { return !store.IsDigest(d) }); i >= 0 {
			return fmt.Errorf("%s in it names a part %.80q", s.Name, s.Parts[i])
		}
	}
	slices.Sort(names)
	if want := streamNames(m.Registry.Schema); !slices.Equal(names, want) {
		return fmt.Errorf("it does not have what a backup has: %s", strings.Join(want, ", "))
	}
	return nil
}

// read reads the manifest of the backup.
func read(ctx context.Context, place *store.Store, id string) (*Manifest, error) {
	b, err := place.PeekRef(ctx, prefix+id)
	if err != nil {
		return nil, fmt.Errorf("backup %s: %w", id, err)
	}
	m, err := decode(id, b)
	if err != nil {
		return nil, fmt.Errorf("manifest of backup %s: %w", id, err)
	}
	return m, nil
}
