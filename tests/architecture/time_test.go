package architecture

import (
	"fmt"
	"go/ast"
	pathpkg "path"
	"strings"
	"testing"
)

// onlyIn are what of the package time has one place each, so that a duration or
// a zone that one part of the project takes, all take.
var onlyIn = map[string]string{
	"ParseDuration":          "blueprints/plan/duration.go",
	"LoadLocation":           "blueprints/plan/zone.go",
	"LoadLocationFromTZData": "",
	"Local":                  "",
}

func TestTimeIsReadInOnePlace(t *testing.T) {
	found := map[string]bool{}
	for _, s := range project(t) {
		if s.test() {
			continue
		}
		for name, at := range timeUses(s) {
			if at != "" {
				t.Error(at)
			}
			found[name+" in "+s.path] = true
		}
	}
	for name, file := range onlyIn {
		if file != "" && !found[name+" in "+file] {
			t.Errorf("%s does not use time.%s; is the list out of date?", file, name)
		}
	}
}

func TestTimeIsReadInOnePlaceBites(t *testing.T) {
	for name, text := range map[string]string{
		"a second parser":         `package x; import "time"; var d, _ = time.ParseDuration("1h")`,
		"a second parser, hidden": `package x; import clock "time"; var f = clock.ParseDuration`,
		"this machine's zone":     `package x; import "time"; var z = time.Local`,
		"this machine's clock":    `package x; import "time"; var now = time.Now().Local()`,
		"a zone":                  `package x; import "time"; var z, _ = time.LoadLocation("CET")`,
	} {
		bites := false
		for _, at := range timeUses(mustParse(t, "runtime/x/x.go", text)) {
			bites = bites || at != ""
		}
		if !bites {
			t.Errorf("%s went unnoticed", name)
		}
	}
}

// timeUses are the names of onlyIn that the file uses, each with what is wrong
// about it; "" where it belongs there.
func timeUses(s source) map[string]string {
	out := map[string]string{}
	clock := importName(s, "time")
	if clock == "" {
		return out
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		file, listed := onlyIn[sel.Sel.Name]
		x, ident := sel.X.(*ast.Ident)
		ofTime := ident && x.Name == clock
		method := sel.Sel.Name == "Local" && !ident
		if !listed || !ofTime && !method {
			return true
		}
		if out[sel.Sel.Name] = ""; s.path != file {
			out[sel.Sel.Name] = fmt.Sprintf("%s: time.%s: durations, schedules and zones are read by blueprints/plan alone", s.fset.Position(sel.Pos()), sel.Sel.Name)
		}
		return true
	})
	return out
}

// importName is what the file calls the package; "" where it does not import it.
func importName(s source, path string) string {
	for _, spec := range s.file.Imports {
		if strings.Trim(spec.Path.Value, `"`) == path {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return pathpkg.Base(path)
		}
	}
	return ""
}
