package existing

import "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"

// Registry is an ECR repository that exists.
type Registry struct {
	URL, Arn string

	found *ecr.LookupRepositoryResult
}

// registry finds the repository.
func (f *finder) registry() {
	name := f.cfg.Existing.Registry
	if name == "" {
		return
	}
	found, err := ecr.LookupRepository(f.ctx, &ecr.LookupRepositoryArgs{Name: name})
	if err != nil {
		f.failed("existing.registry", name, err)
		return
	}
	f.at.Registry = &Registry{URL: found.RepositoryUrl, Arn: found.Arn, found: found}
}

// checkRegistry looks at what the repository does with tags and images.
func (f *finder) checkRegistry() {
	if f.at.Registry != nil {
		f.take(registryReport(f.at.Registry.found))
	}
}

// registryReport says whether a tag can be moved to another image after somebody has
// deployed it, and whether anybody looks for known holes.
func registryReport(found *ecr.LookupRepositoryResult) *report {
	r := &report{key: "existing.registry", id: found.Name}
	if found.ImageTagMutability != "IMMUTABLE" {
		r.say("its tags can be moved, so that what was tested need not be what runs: run `aws ecr put-image-tag-mutability --repository-name %s --image-tag-mutability IMMUTABLE`", found.Name)
	}
	if s := found.ImageScanningConfigurations; len(s) == 0 || !s[0].ScanOnPush {
		r.note("images are not scanned when they are pushed: run `aws ecr put-image-scanning-configuration --repository-name %s --image-scanning-configuration scanOnPush=true`", found.Name)
	}
	return r
}
