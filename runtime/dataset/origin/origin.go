// Package origin finds the files of a dataset and opens them: files of a folder
// and objects of a bucket, named one by one or by a glob.
//
// It knows nothing of what is in a file. It is apart because its rules are those
// of security and not of data: a relative source does not leave its folder or
// prefix, whatever links are there, and nothing is opened that is no regular file
// or that belongs to the kernel.
//
// The names of files do not depend on where the source lies, so that the same
// files give the same digest in a folder and in a bucket. Errors name the source
// as it was written, then the place that was looked at.
package origin
