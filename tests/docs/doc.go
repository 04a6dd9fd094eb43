// Package docs keeps the pages below docs/ true. Its tests write the reference of
// the schema, of Pulumi's config and of the metrics, fail where a page is not what
// the code says, and follow every link of every Markdown file. `make golden` rewrites
// the pages.
package docs
