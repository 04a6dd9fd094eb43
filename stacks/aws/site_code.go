package aws

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	configmap "github.com/ashlar-dev/ashlar/components/config"
)

// maxCodeFile is above which a dep is data: it is looked for where the dataset
// is, and not brought with the plan.
const maxCodeFile = 256 << 10

// codeFiles are the files of the blueprint's folder that custom stages
// read, by path. Without a folder available there are none, and the stages look
// for them where the dataset is.
func codeFiles(p *plan.Plan, folder string) (map[string][]byte, error) {
	out := map[string][]byte{}
	if folder == "" {
		return out, nil
	}
	for _, name := range sorted(p.Pipelines) {
		line := p.Pipelines[name]
		made := map[string]bool{}
		for _, s := range line.Stages {
			for _, m := range s.Made() {
				made[m] = true
			}
		}
		for _, stage := range sorted(line.Stages) {
			s := line.Stages[stage]
			for _, dep := range s.Deps {
				if _, _, builtin := plan.BuiltinDep(dep); builtin || madeAt(made, s.At(dep)) {
					continue
				}
				if err := gather(out, folder, s.At(dep)); err != nil {
					return nil, fmt.Errorf("blueprint %s: stage %s of pipeline %s: dep %s: %w",
						p.Name, stage, name, dep, err)
				}
			}
		}
	}
	return out, nil
}

// madeAt reports whether a stage makes the path, something in it or around it.
func madeAt(made map[string]bool, p string) bool {
	for m := range made {
		if plan.Within(p, m) || plan.Within(m, p) {
			return true
		}
	}
	return false
}

// gather adds the file, or the files of the folder, at the path. What is not
// there is left for the run to say: it may be data that is elsewhere. A link that
// leads out of the blueprint's folder is refused, as a run refuses it.
func gather(out map[string][]byte, folder, at string) (err error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	at = path.Clean(at)
	if _, err := root.Lstat(at); err != nil {
		return leadsOut(folder, at, err) // else not there
	}
	return fs.WalkDir(root.FS(), at, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return cmp.Or(leadsOut(folder, file, err), err)
		}
		if d.IsDir() {
			if n := d.Name(); file != at && (n == ".git" || n == ".ashlar" || n == ".dvc" || n == "__pycache__") {
				return fs.SkipDir
			}
			return nil
		}
		info, err := root.Stat(file)
		if err != nil {
			return cmp.Or(leadsOut(folder, file, err), err)
		}
		if !info.Mode().IsRegular() || info.Size() > maxCodeFile {
			return nil
		}
		out[file], err = root.ReadFile(file)
		return err
	})
}

// leadsOut is the error of what is reached by a link that leads out of the folder, in
// the words of a run on a laptop; nil where err says something else. Whoever proposes
// a change to a blueprint chooses what its links name, and this machine's files are
// none of theirs: what is gathered goes to a cluster or to a bucket.
func leadsOut(folder, file string, err error) error {
	if !filepath.IsLocal(filepath.FromSlash(file)) ||
		!plan.LeadsOut(filepath.Join(folder, filepath.FromSlash(file)), err) {
		return nil
	}
	return fmt.Errorf("%s leads out of the blueprint's folder by a link; put a copy of the file in its place", file)
}

// readCode reads the files and says how pods mount them.
func (s *site) readCode() error {
	files, err := codeFiles(s.plan, s.cfg.Folders[s.plan.Name])
	if err != nil {
		return err
	}
	s.codeFiles, s.code = files, configmap.CodeOf(files)
	return nil
}
