package object

import (
	"strings"
	"testing"
)

func TestNamesAreDNSLabelsOfAtMostTheirLength(t *testing.T) {
	for name, ok := range map[string]bool{
		"scoring": true, "a": true, "a-1": true, strings.Repeat("a", 63): true,
		"": false, "1a": false, "-a": false, "a-": false, "A": false, "a.b": false, "a_b": false, "é": false,
		strings.Repeat("a", 64): false,
	} {
		if err := CheckName("endpoint", name, MaxLabel); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := CheckName("job", strings.Repeat("a", 53), MaxCron); err == nil ||
		!strings.Contains(err.Error(), "53 characters, at most 52") {
		t.Errorf("got %v", err)
	}
}

func TestEveryLabelThatIsNoneIsReported(t *testing.T) {
	err := CheckLabels(map[string]string{"ok/a": "b", "": "x", "a/b/c": "x", "k": "not a value",
		"long": strings.Repeat("a", 64)})
	for _, want := range []string{`label ""`, `"a/b/c"`, `"not a value"`, "label long"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not reported: %v", want, err)
		}
	}
	if err := CheckLabels(map[string]string{"app.kubernetes.io/name": "scoring", "empty": ""}); err != nil {
		t.Error(err)
	}
}

func TestValueMakesAnyTextALabel(t *testing.T) {
	for _, text := range []string{"Lending & Risk", "", "---", "é", strings.Repeat("a ", 60),
		"a@b.example", "\x00", "team\n"} {
		if v := Value(text); CheckLabels(map[string]string{"k": v}) != nil {
			t.Errorf("Value(%q) = %q is no label", text, v)
		}
	}
	if v := Value("Lending & Risk"); v != "Lending---Risk" {
		t.Errorf("got %q", v)
	}
}
