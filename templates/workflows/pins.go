package workflows

import "path"

// What the jobs run of other projects, in one place. A version says what is
// installed, a sum or a commit that nothing else is.
const (
	// goVersion builds programs where a commit of Ashlar is pinned, and runs a
	// repository's own tests. Ashlar's own repository names it in go.mod.
	goVersion = "1.26.8"

	// govulncheckVersion is verified by Go's checksum database.
	govulncheckVersion = "v1.9.0"

	// pulumiVersion of the CLI with its language hosts. The sums are those of
	// pulumi-vVERSION-linux-ARCH.tar.gz at get.pulumi.com, as nixpkgs
	// (pkgs/by-name/pu/pulumi-bin/data.nix) has them too.
	pulumiVersion  = "3.221.0"
	pulumiSumX64   = "fe736f91b4153f94f859870e34dda01e648552c25f702c8a42282acf3a5db9ad"
	pulumiSumArm64 = "baaf077a8b851da4fd1f6434860b56fec43f877709fe5a22ed3bbd335af57a37"
)

// The repository that releases Ashlar's programs, and the workflow that signs
// where they come from.
const (
	home   = "ashlar-dev/ashlar"
	signer = home + "/" + Folder + "/release.yml"
	module = "github.com/" + home
)

// action is one of GitHub's own, pinned by the commit of its version.
type action struct{ name, commit, version string }

// actions are all that the workflows use.
var actions = []action{
	{"attest-build-provenance", "e8998f949152b193b063cb0ec769d69d929409be", "v2.4.0"},
	{"cache", "0057852bfaa89a56745cba8c7296529d2fc39830", "v4.3.0"},
	{"checkout", "08c6903cd8c0fde910a37f88322edcfb5dd907a8", "v5.0.0"},
	{"download-artifact", "d3f86a106a0bac45b974a628896c90dbdf5c8093", "v4.3.0"},
	{"setup-go", "d35c59abb061a4a6fb18e82ac0862c26744d6ab5", "v5.5.0"},
	{"upload-artifact", "ea165f8d65b6e75b540449e92b4886f43607fa02", "v4.6.2"},
}

// usesAction names an action as a step does: by its commit, the version beside it.
func usesAction(name string) (string, error) {
	for _, a := range actions {
		if a.name == name {
			return "uses: " + path.Join("actions", a.name) + "@" + a.commit + " # " + a.version, nil
		}
	}
	return "", unknown("action", name)
}
