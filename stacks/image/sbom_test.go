package image

import (
	"bytes"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func TestTheBillOfMaterialsNamesEveryModule(t *testing.T) {
	binary := hello(t, amd64)
	p, err := inspect(binary)
	if err != nil {
		t.Fatal(err)
	}
	text, err := SBOM(binary)
	if err != nil {
		t.Fatal(err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if bom.SpecVersion != cdx.SpecVersion1_6 || bom.BOMFormat != "CycloneDX" ||
		!strings.HasPrefix(bom.SerialNumber, "urn:uuid:") {
		t.Errorf("%s %s %s", bom.BOMFormat, bom.SpecVersion, bom.SerialNumber)
	}
	have := map[string]bool{}
	for _, c := range *bom.Components {
		if have[c.BOMRef] {
			t.Errorf("%s is listed twice", c.BOMRef)
		}
		have[c.BOMRef] = true
		if !strings.HasPrefix(c.PackageURL, "pkg:golang/"+c.Name+"@") {
			t.Errorf("%s has the package URL %s", c.Name, c.PackageURL)
		}
	}
	if len(p.info.Deps) != 2 || len(have) != len(p.info.Deps)+1 || !have["std"] {
		t.Errorf("%d components of %d modules", len(have), len(p.info.Deps))
	}
	depends := (*bom.Dependencies)[0]
	if depends.Ref != bom.Metadata.Component.BOMRef || len(*depends.Dependencies) != len(have) {
		t.Errorf("%+v", depends)
	}
	again, err := SBOM(binary)
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("two bills of one binary differ (%v)", err)
	}
}

func TestTheImageCarriesItsBillOfMaterials(t *testing.T) {
	binary := hello(t, amd64)
	want, err := SBOM(binary)
	if err != nil {
		t.Fatal(err)
	}
	if got := files(t, build(t, binary))[SBOMPath].content; !bytes.Equal(bytes.TrimSpace(got), want) {
		t.Errorf("%s", got)
	}
}

func TestAVersionWithAPlusIsEscapedInAPackageURL(t *testing.T) {
	for version, want := range map[string]string{"v1.2.3": "@v1.2.3",
		"v2.0.0+incompatible": "@v2.0.0%2Bincompatible", "(devel)": "", "": ""} {
		if got := packageURL("example.com/m", version); got != "pkg:golang/example.com/m"+want {
			t.Errorf("%s: %s", version, got)
		}
	}
}
