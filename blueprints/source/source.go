// Package source reads folders of CUE that people wrote and says what is wrong
// with them, with file, line and column.
//
// Blueprints and policy packs are read the same way, and both may be hostile:
// sizes are bounded before anything is parsed, a folder is one package, and an
// import resolves to a module that is embedded or to CUE's standard library,
// never to a file system or a registry.
package source
