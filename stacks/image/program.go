package image

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"time"
)

// MaxBinary bounds what is taken for a runtime, in bytes.
const MaxBinary = 256 << 20

// program is a binary as it describes itself.
type program struct {
	info *buildinfo.BuildInfo
	// interpreter is set where the binary needs a dynamic linker.
	interpreter bool
	settings    map[string]string
}

// inspect reads what the linker wrote into the binary; nothing is executed.
func inspect(binary []byte) (*program, error) {
	if len(binary) > MaxBinary {
		return nil, fmt.Errorf("it has %d bytes, at most %d", len(binary), MaxBinary)
	}
	f, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		return nil, fmt.Errorf("it is not a Linux program (%w); build one with: CGO_ENABLED=0 GOOS=linux go build ./cmd/ashlar-runtime", err)
	}
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, fmt.Errorf("it does not say what it was built from: %w", err)
	}
	p := newProgram(info)
	for _, h := range f.Progs {
		p.interpreter = p.interpreter || h.Type == elf.PT_INTERP
	}
	return p, nil
}

func newProgram(info *buildinfo.BuildInfo) *program {
	p := &program{info: info, settings: map[string]string{}}
	for _, s := range info.Settings {
		p.settings[s.Key] = s.Value
	}
	return p
}

// fits returns everything that keeps the program from running in the image.
func (p *program) fits(want Platform) error {
	var problems []error
	if is := (Platform{OS: p.settings["GOOS"], Arch: p.settings["GOARCH"]}); is != want {
		problems = append(problems, fmt.Errorf("it is for %s, the image for %s; build it with GOOS=%s GOARCH=%s, or choose --platform %s", is, want, want.OS, want.Arch, is))
	}
	if p.interpreter {
		problems = append(problems, errors.New("it needs a dynamic linker, which the image does not have; build it with CGO_ENABLED=0"))
	}
	return errors.Join(problems...)
}

// version is the module's version, or what stands for one.
func (p *program) version() string {
	if v := p.info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "devel"
}

// revision is the commit, marked where the tree had other changes; "" where it
// is not known.
func (p *program) revision() string {
	r := p.settings["vcs.revision"]
	if r != "" && p.settings["vcs.modified"] == "true" {
		r += "-dirty"
	}
	return r
}

// committed is the commit's time, or 1 January 1970.
func (p *program) committed() time.Time {
	t, err := time.Parse(time.RFC3339, p.settings["vcs.time"])
	if err != nil {
		return epoch()
	}
	return t.UTC()
}
