package local

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

func TestATamperedEntryIsShown(t *testing.T) {
	for hash, want := range map[string]string{
		"": "", "x": "x", "sha256": "sha256", "sha256:": "", "sha256:0123": "0123", "md5:0123456789": "md5:0123456789",
	} {
		e := viewEntry(registry.Entry{Seq: 7, Actor: "mallory", Action: registry.ActionApprove, Hash: hash})
		var out bytes.Buffer
		if err := page.Render(&out, page.View{Audit: page.Audit{Entries: []page.Entry{e}}}); err != nil {
			t.Fatal(err)
		}
		if e.Digest != want || !strings.Contains(out.String(), "mallory") {
			t.Errorf("hash %q is shown as %q, want %q", hash, e.Digest, want)
		}
	}
}
