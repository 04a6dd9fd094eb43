package edit

import (
	"bytes"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

// scope is a struct that is written out: a literal, or a whole file.
type scope struct {
	file  *file
	decls []ast.Decl
	lit   *ast.StructLit // nil: the file
}

// root are the structs of the file that are the package's value: those that it embeds, as
// in blueprint.#Blueprint & {...}, then the file itself.
func (f *file) root() []scope {
	whole := scope{file: f, decls: f.cue.Decls}
	return append(whole.embedded(), whole)
}

// embedded are the struct literals that the scope embeds.
func (s scope) embedded() []scope {
	var out []scope
	for _, d := range s.decls {
		if e, ok := d.(*ast.EmbedDecl); ok {
			out = append(out, s.within(e.Expr)...)
		}
	}
	return out
}

// values are those of the scope's own fields of the name.
func (s scope) values(name string) []ast.Expr {
	var out []ast.Expr
	for _, d := range s.decls {
		if f, ok := d.(*ast.Field); ok && labelled(f, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

// within are the struct literals of an expression: itself, or those that it unifies.
func (s scope) within(e ast.Expr) []scope {
	switch e := e.(type) {
	case *ast.StructLit:
		one := scope{file: s.file, decls: e.Elts, lit: e}
		return append([]scope{one}, one.embedded()...)
	case *ast.ParenExpr:
		return s.within(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.AND {
			return append(s.within(e.X), s.within(e.Y)...)
		}
	}
	return nil
}

// add is the change that adds a field to the scope: on a line of its own where the
// closing brace is on one, else in the line.
func (s scope) add(text string) span {
	switch {
	case s.lit == nil:
		end := len(s.file.text)
		if !bytes.HasSuffix(s.file.text, []byte("\n")) {
			text = "\n" + text
		}
		return span{s.file, end, end, text + "\n"}
	case !s.lit.Lbrace.IsValid(): // a: b: 1
		from, to := s.lit.Elts[0].Pos().Offset(), s.lit.Elts[len(s.lit.Elts)-1].End().Offset()
		return span{s.file, from, to, "{" + string(s.file.text[from:to]) + ", " + text + "}"}
	}
	end := s.lit.Rbrace.Offset()
	start := bytes.LastIndexByte(s.file.text[:end], '\n') + 1
	if indent := s.file.text[start:end]; start > 0 && len(bytes.TrimSpace(indent)) == 0 {
		return span{s.file, start, start, string(indent) + "\t" + text + "\n"}
	}
	before := bytes.TrimRight(s.file.text[:end], " \t\n")
	if last := before[len(before)-1]; last != '{' && last != ',' {
		text = ", " + text
	} else if last == ',' {
		text = " " + text
	}
	return span{s.file, len(before), end, text}
}
