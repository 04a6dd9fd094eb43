package aws

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// data says where the store and the datasets are, and on AWS makes the buckets, unless
// there is one for all.
func (s *site) data() error {
	if !s.onAWS() {
		s.storeURL = pulumi.String(s.place("store"))
		for _, name := range sorted(s.plan.Datasets) {
			if src, ok := lineage.SourceOf(s.plan.Datasets[name]); ok && src.Bucket == "" {
				at := s.place("data", name)
				s.dataURLs[name] = pulumi.String(at)
				s.outputs.upload(s.plan.Name, name, pulumi.String(withoutQuery(at)+"/"+s.plan.Datasets[name].Source))
			}
		}
		return nil
	}
	store, err := s.holding("store", 0, "store")
	if err != nil {
		return err
	}
	s.storeURL, s.buckets.store, s.buckets.data = s.s3URL(store), store.place, map[string]lineage.Folder{}
	s.outputs.bucket(s.plan.Name, "store", store.named())
	for _, name := range sorted(s.plan.Datasets) {
		if err := s.dataset(name, s.plan.Datasets[name]); err != nil {
			return err
		}
	}
	return nil
}

// place is a folder of the blueprint's own in the store that the config names, which
// other stacks may share: other repositories', and other environments' of this one.
func (s *site) place(parts ...string) string {
	return below(s.cfg.StoreURL, append([]string{s.cfg.Name, s.cfg.Environment, s.plan.Name}, parts...)...)
}

// dataset makes the place of a dataset whose source is relative, and brings
// its files there if they are available. One with a URL is somewhere already.
func (s *site) dataset(name string, d plan.Dataset) error {
	src, ok := lineage.SourceOf(d)
	if !ok || src.Bucket != "" {
		return nil
	}
	days := 0
	if d.Retention != "" {
		kept, err := plan.ParseDuration(d.Retention)
		if err != nil {
			return fmt.Errorf("blueprint %s: dataset %s: retention: %w", s.plan.Name, name, err)
		}
		days = max(1, int(kept.Hours()/24))
	}
	at, err := s.holding("data-"+name, days, "data", name)
	if err != nil {
		return err
	}
	s.dataURLs[name], s.buckets.data[name] = s.s3URL(at), at.place
	s.outputs.bucket(s.plan.Name, name, at.named())
	files, err := s.files(d)
	if err != nil {
		return fmt.Errorf("blueprint %s: dataset %s: %w", s.plan.Name, name, err)
	}
	if len(files) == 0 {
		s.outputs.upload(s.plan.Name, name, pulumi.Sprintf("s3://%s/%s%s", at.bucket, at.place.Prefix, d.Source))
	}
	for _, file := range files {
		if err := s.file(name, at, file); err != nil {
			return fmt.Errorf("blueprint %s: dataset %s: %w", s.plan.Name, name, err)
		}
	}
	return nil
}

// file uploads one file. It outlives the stack as its bucket does.
func (s *site) file(dataset string, at holding, file string) error {
	key := filepath.ToSlash(file)
	o, err := s3.NewBucketObjectv2(s.ctx, s.name("data", dataset, key), &s3.BucketObjectv2Args{
		Bucket: at.bucket.ToStringOutput(),
		Key:    pulumi.String(at.place.Prefix + key),
		Source: pulumi.NewFileAsset(filepath.Join(s.cfg.Folders[s.plan.Name], file)),
		Tags:   pulumi.ToStringMap(s.tags()),
	}, append(at.options, pulumi.RetainOnDelete(true))...)
	if err != nil {
		return fmt.Errorf("file %s: %w", file, err)
	}
	s.ready = append(s.ready, o)
	return nil
}

// maxUpload is the largest file that a stack uploads itself, in bytes. What is
// larger is no part of an update.
const maxUpload = 256 << 20

// files are the dataset's files available, relative to the blueprint's folder: none
// where nobody has said which that is, or where one of them is too large. One that a
// link leads to out of the folder is refused, as a run refuses it: the upload
// would hand on whatever file of this machine the link names.
func (s *site) files(d plan.Dataset) (out []string, err error) {
	folder := s.cfg.Folders[s.plan.Name]
	if folder == "" {
		return nil, nil
	}
	local, err := filepath.Localize(path.Clean(d.Source))
	if err != nil {
		return nil, fmt.Errorf("source %s leads out of the blueprint's folder; name a file inside, or a URL", d.Source)
	}
	found, err := filepath.Glob(filepath.Join(folder, local))
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", d.Source, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, file := range found {
		inside, err := filepath.Rel(folder, file)
		if err != nil {
			return nil, err
		}
		info, err := root.Stat(inside)
		if err != nil {
			return nil, cmp.Or(leadsOut(folder, inside, err), err)
		}
		if info.Size() > maxUpload {
			return nil, nil
		}
		if info.Mode().IsRegular() {
			out = append(out, inside)
		}
	}
	slices.Sort(out)
	return out, nil
}

// below returns a blob URL with parts added to its path.
func below(text string, parts ...string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	u.Path = "/" + strings.TrimPrefix(path.Join(append([]string{u.Path}, parts...)...), "/")
	return u.String()
}

// withoutQuery is a blob URL without how it is reached, as `aws s3 cp` takes it.
func withoutQuery(text string) string {
	text, _, _ = strings.Cut(text, "?")
	return text
}
