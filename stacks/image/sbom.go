package image

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// Bill is the bill of materials of a program of ours that Go built, for any platform,
// as CycloneDX 1.6 in JSON. The name is that of the program. It errs where the binary
// does not say what it was built from. The same binary gives the same bytes.
func Bill(name string, binary []byte) ([]byte, error) {
	if len(binary) > MaxBinary {
		return nil, fmt.Errorf("%s has %d bytes, at most %d", name, len(binary), MaxBinary)
	}
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, fmt.Errorf("%s does not say what it was built from: %w", name, err)
	}
	p := newProgram(info)
	return p.bill(name, binary, p.committed())
}

// bill is the bill of materials as CycloneDX 1.6: the program, each module in
// it and Go's standard library. Nothing in it but the binary and the time
// decides what it says; the serial number is made from the binary's digest.
func (p *program) bill(name string, binary []byte, created time.Time) ([]byte, error) {
	sum := sha256.Sum256(binary)
	main := cdx.Component{
		BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: p.version(),
		PackageURL: packageURL(p.info.Main.Path, p.info.Main.Version),
		Hashes:     &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: fmt.Sprintf("%x", sum)}},
	}
	library := strings.TrimPrefix(p.info.GoVersion, "go")
	components := []cdx.Component{{
		BOMRef: "std", Type: cdx.ComponentTypeLibrary, Name: "std", Version: library,
		PackageURL: packageURL("std", library),
	}}
	refs := []string{"std"}
	for _, m := range p.info.Deps {
		c := component(m)
		components, refs = append(components, c), append(refs, c.BOMRef)
	}
	bom := cdx.NewBOM()
	bom.SpecVersion, bom.JSONSchema = cdx.SpecVersion1_6, "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.SerialNumber = "urn:uuid:" + nameUUID(sum)
	bom.Metadata = &cdx.Metadata{Timestamp: created.UTC().Format(time.RFC3339), Component: &main}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &refs}}
	var out bytes.Buffer
	if err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom,
		cdx.SpecVersion1_6); err != nil {
		return nil, fmt.Errorf("bill of materials: %w", err)
	}
	return out.Bytes(), nil
}

// component is a module as it was built in, replaced or not.
// Scanners look for vulnerabilities by what was really built in, which is the
// replacement.
func component(m *debug.Module) cdx.Component {
	if m.Replace != nil {
		m = m.Replace
	}
	c := cdx.Component{
		BOMRef: m.Path + "@" + m.Version, Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version,
		PackageURL: packageURL(m.Path, m.Version),
	}
	if m.Sum != "" {
		// Go's own checksum is of a list of files, so it is no hash of an archive.
		c.Properties = &[]cdx.Property{{Name: "go:sum", Value: m.Sum}}
	}
	return c
}

// packageURL is the module's name for scanners:
// https://github.com/package-url/purl-spec, type golang.
func packageURL(module, version string) string {
	out := "pkg:golang/" + module
	if version != "" && version != "(devel)" {
		out += "@" + strings.ReplaceAll(version, "+", "%2B")
	}
	return out
}

// nameUUID makes a UUID of version 8 (RFC 9562, section 5.8) from a digest.
func nameUUID(sum [sha256.Size]byte) string {
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
