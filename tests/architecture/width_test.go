package architecture

import (
	"go/ast"
	"go/token"
	"strings"
)

// wideLines are the numbers of the lines that are wider than maxColumns. What is
// between quotes does not count: a message that somebody searches for stays in
// one piece, and so does the text of another language.
func wideLines(s source) []int {
	text := []byte(s.text)
	ast.Inspect(s.file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			for i := s.fset.Position(lit.Pos()).Offset + 1; i < s.fset.Position(lit.End()).Offset-1; i++ {
				if text[i] != '\n' {
					text[i] = 0
				}
			}
		}
		return true
	})
	var out []int
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.ReplaceAll(strings.ReplaceAll(line, "\x00", ""), "\t", "    ")
		if !strings.HasPrefix(line, "//go:") && len([]rune(line)) > maxColumns {
			out = append(out, i+1)
		}
	}
	return out
}
