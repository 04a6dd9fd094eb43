package foundation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/resourcegroupstaggingapi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What `pulumi destroy` keeps, because there is data in it or a kept instance uses it,
// is taken over by the next foundation of the same name and environment: AWS refuses a
// second database or registry of one name, and data under a key that nobody knows is
// lost. It is known by its tags; that of a name says what it is.

// nameTag tells two things of one type apart.
const nameTag = "Name"

// tagged is something of this foundation's in the account.
type tagged struct {
	arn  string
	tags map[string]string
}

// adoptable are the types that are kept: the ARN's service and what its resource begins
// with, and the name of the resource in the program, "" where it is none.
var adoptable = []struct {
	service, kind, typ string
	name               func(u *builder, id, title string) string
}{
	{"rds", "db:", "aws:rds/instance:Instance", (*builder).databasePart},
	{"rds", "subgrp:", "aws:rds/subnetGroup:SubnetGroup", (*builder).databasePart},
	{"rds", "pg:", "aws:rds/parameterGroup:ParameterGroup", (*builder).parametersPart},
	{"ec2", "security-group/", "aws:ec2/securityGroup:SecurityGroup", func(u *builder, _, title string) string {
		return when(title == u.prefix()+"-database", "database")
	}},
	{"ec2", "vpc/", "aws:ec2/vpc:Vpc", func(u *builder, _, title string) string {
		return when(title == u.prefix(), "network")
	}},
	{"ec2", "subnet/", "aws:ec2/subnet:Subnet", func(u *builder, _, title string) string {
		zone, private := strings.CutPrefix(title, u.prefix()+"-private-")
		return when(private, "network-private-"+zone)
	}},
	{"kms", "key/", "aws:kms/key:Key", func(u *builder, _, title string) string {
		name, ours := strings.CutPrefix(title, u.prefix()+"-")
		return when(ours && strings.HasSuffix(name, "-key"), name)
	}},
	{"ecr", "repository/", "aws:ecr/repository:Repository", func(u *builder, id, _ string) string {
		return when(id == u.registry().RepositoryName, "registry")
	}},
}

func (u *builder) databasePart(id, _ string) string { return when(id == u.prefix(), "database") }

func (u *builder) parametersPart(id, _ string) string {
	return when(strings.HasPrefix(id, u.prefix()+"-postgres"), "database")
}

// when is the text where the condition holds.
func when(condition bool, text string) string {
	if condition {
		return text
	}
	return ""
}

// takeOver has the engine import what a destroyed foundation has kept. What this stack's
// state has already is not imported again.
func (u *builder) takeOver(ctx *pulumi.Context) error {
	if u.open == nil {
		return nil
	}
	var filters []resourcegroupstaggingapi.GetResourcesTagFilter
	for _, key := range owner {
		filters = append(filters, resourcegroupstaggingapi.GetResourcesTagFilter{Key: key,
			Values: []string{u.tags()[key]}})
	}
	found, err := resourcegroupstaggingapi.GetResources(ctx,
		&resourcegroupstaggingapi.GetResourcesArgs{TagFilters: filters})
	if err != nil { // nobody may look: AWS itself refuses a second one
		return ctx.Log.Debug(fmt.Sprintf("what an earlier foundation kept: %v", err), nil)
	}
	var all []tagged
	for _, one := range found.ResourceTagMappingLists {
		all = append(all, tagged{one.ResourceArn, one.Tags})
	}
	imports, notes := u.imports(all)
	for _, note := range notes {
		if err := ctx.Log.Warn(note, nil); err != nil {
			return err
		}
	}
	type result = pulumi.ResourceTransformationResult
	return ctx.RegisterStackTransformation(func(args *pulumi.ResourceTransformationArgs) *result {
		id, kept := imports[args.Type+"::"+args.Name]
		if !kept {
			return nil
		}
		return &result{Props: args.Props,
			Opts: append(slices.Clone(args.Opts), pulumi.Import(pulumi.ID(id)))}
	})
}

// imports are the ids of what is taken over, by type and name, and what to tell about
// the rest. With two of one name nobody knows which is the stack's; what has other tags
// than the stack's is in its state and about to have them, or is left to its owner.
func (u *builder) imports(all []tagged) (ids map[string]string, notes []string) {
	candidates := map[string][]tagged{}
	for _, one := range all {
		for _, a := range adoptable {
			if id, is := one.id(a.service, a.kind); is {
				if name := a.name(u, id, one.tags[nameTag]); name != "" {
					candidates[a.typ+"::"+name] = append(candidates[a.typ+"::"+name], one)
				}
			}
		}
	}
	ids = map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(candidates)) {
		of := candidates[key]
		if len(of) > 1 {
			var arns []string
			for _, one := range of {
				arns = append(arns, one.arn)
			}
			notes = append(notes, fmt.Sprintf("there are %d of this foundation's %s: %s; none is taken over, so delete those that are not in use",
				len(of), key, strings.Join(arns, ", ")))
			continue
		}
		if u.same(of[0].tags) {
			ids[key] = of[0].arn[strings.LastIndexAny(of[0].arn, ":/")+1:]
			if strings.Contains(key, "ecr/") { // whose name has slashes
				ids[key] = u.registry().RepositoryName
			}
		}
	}
	return ids, notes
}

// id is the part of the ARN after its kind, and whether it is of that kind.
func (t tagged) id(service, kind string) (string, bool) {
	parts := strings.SplitN(t.arn, ":", 6)
	if len(parts) < 6 || parts[2] != service {
		return "", false
	}
	return strings.CutPrefix(parts[5], kind)
}

// same reports whether all tags are those that this foundation gives.
func (u *builder) same(tags map[string]string) bool {
	for key, value := range u.tags() {
		if tags[key] != value {
			return false
		}
	}
	return true
}
