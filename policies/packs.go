package policies

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed packs
var packs embed.FS

// Shipped are the packs that come with Ashlar, in order of name.
func Shipped() []Source {
	var out []Source
	entries, err := fs.ReadDir(packs, "packs")
	if err != nil {
		return nil // embedded, so it is there
	}
	for _, e := range entries {
		dir := path.Join("packs", e.Name())
		out = append(out, Source{FS: packs, Dir: dir, Prefix: "ashlar/" + dir[len("packs/"):] + "/", Trusted: true})
	}
	return out
}

// Folder returns the packs in a folder of the user's: the folder itself where
// it holds CUE, and every folder in it that does. A folder that is not there
// holds none.
// Hidden folders and cue.mod, where CUE keeps modules, are left out. prefix is put
// before file names in messages.
func Folder(fsys fs.FS, dir, prefix string) ([]Source, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	var out []Source
	if holdsCUE(entries) {
		out = append(out, Source{FS: fsys, Dir: dir, Prefix: prefix})
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || e.Name() == "cue.mod" {
			continue
		}
		within, err := fs.ReadDir(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("policies: %w", err)
		}
		if holdsCUE(within) {
			out = append(out, Source{FS: fsys, Dir: path.Join(dir, e.Name()), Prefix: prefix + e.Name() + "/"})
		}
		if len(out) > maxPacks {
			return nil, fmt.Errorf("policies: more than %d packs in %s", maxPacks, dir)
		}
	}
	return out, nil
}

// Settings is a pack that sets numbers that rules leave open, by rule: what
// `set` in a pack does, for settings that come from elsewhere.
// They pass the same checks as a pack's: a value that a rule does not allow is
// refused.
func Settings(name string, values map[string]map[string]any) (Source, error) {
	text, err := json.Marshal(map[string]any{"name": name, "set": values})
	if err != nil {
		return Source{}, fmt.Errorf("settings: %w", err)
	}
	return Source{Text: "package settings\n" + string(text[1:len(text)-1]) + "\n", Prefix: name}, nil // JSON is CUE
}

// maxPacks bounds how many packs are read together.
const maxPacks = 100

// holdsCUE reports whether a .cue file is among the entries.
func holdsCUE(entries []fs.DirEntry) bool {
	for _, e := range entries {
		if !e.IsDir() && path.Ext(e.Name()) == ".cue" {
			return true
		}
	}
	return false
}
