package aws

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/config"
)

// maxCodeFile is above which a dep is data: it is looked for where the dataset
// is, and not brought with the plan.
const maxCodeFile = 256 << 10

// codeFiles are the files of the blueprint's folder that stages of one's own
// read, by path. Without a folder at hand there are none, and the stages look
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
					return nil, fmt.Errorf("blueprint %s: stage %s of pipeline %s: dep %s: %w", p.Name, stage, name, dep, err)
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
// there is left for the run to say: it may be data that is elsewhere.
func gather(out map[string][]byte, folder, at string) error {
	root := filepath.Join(folder, filepath.FromSlash(at))
	if _, err := os.Stat(root); err != nil {
		return nil //nolint:nilerr // see above
	}
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); file != root && (n == ".git" || n == ".ashlar" || n == ".dvc" || n == "__pycache__") {
				return fs.SkipDir
			}
			return nil
		}
		info, err := os.Stat(file)
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxCodeFile {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(file) //nolint:gosec // a file that the blueprint names, in its own folder
		out[path.Join(at, filepath.ToSlash(rel))] = text
		return err
	})
}

// codeConfig reads the files and says how pods mount them.
func (s *site) readCode() error {
	files, err := codeFiles(s.plan, s.cfg.Folders[s.plan.Name])
	if err != nil {
		return err
	}
	s.codeFiles, s.code = files, config.CodeOf(files)
	return nil
}
