// Package effect holds the law that no word of a blueprint is without effect.
//
// The list of fields is read from the schema. For each there is either an
// entry that changes the field in a small blueprint and names a probe that must
// see something other than the plan change (a verdict, a model's quality, an
// answer, a file, a manifest, what a tracker hears, a deletion), or the field is
// declared as documentation, and then no probe may see it at all. A field of
// the schema without either fails the test, and so does an entry whose probe
// sees nothing: a policy that such a field satisfies would be worse than none.
//
// The same holds for every key of Pulumi's config.
package effect
