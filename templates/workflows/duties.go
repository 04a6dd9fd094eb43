package workflows

// Duty is what a job is for that signs in to AWS. Each duty has a role of its
// own, and each role believes the jobs of one GitHub environment and no others.
//
// The "sub" claim of a job that names an environment is
// repo:OWNER/NAME:environment:ENVIRONMENT, whatever branch or event it runs for;
// so every such job names one, and the environment's branch policy, which
// `ashlar github bootstrap` sets, says what may run there. The workflows and the
// roles' trust both take the names from here.
type Duty string

// The duties.
const (
	Image   Duty = "image"   // push the runtime's image, once for all environments
	Preview Duty = "preview" // compare what runs with the blueprint, reading only
	Deploy  Duty = "deploy"  // apply what was merged
)

// Duties returns every duty.
func Duties() []Duty { return []Duty{Image, Preview, Deploy} }

const previews = "-preview"

// Environment is the GitHub environment of the duty's jobs for an environment
// of the blueprint.
func (d Duty) Environment(environment string) string {
	switch d {
	case Image:
		return string(Image)
	case Preview:
		return environment + previews
	}
	return environment
}

// Audience is what GitLab's jobs of the duty ask for in their tokens for an environment
// of the blueprint. Their subject says which branch they run for and no more, so that
// the audience is what tells the roles apart.
func (d Duty) Audience(environment string) string { return "ashlar-" + d.Environment(environment) }

// Environments are the GitHub environments that the workflows of a repository
// with a Pulumi program name, for the blueprint's environments in their order:
// the image's, then each one's preview and deployment.
func Environments(environments []string) []string {
	out := []string{Image.Environment("")}
	for _, e := range environments {
		out = append(out, Preview.Environment(e), Deploy.Environment(e))
	}
	return out
}
