// Package budget is a monthly budget of AWS that tells people by mail: once most of it is
// spent, and as soon as AWS forecasts that it will not last.
package budget

import (
	"errors"
	"fmt"
	"net/mail"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says how much may be spent, on what, and who hears of it.
type Args struct {
	BudgetName string // unique in the account
	Monthly    int    // USD
	// TagKey and TagValue choose what counts. AWS counts by a tag from the day on that it
	// is activated as a cost allocation tag in the payer's account.
	TagKey, TagValue string
	Emails           []string // 1 to 10, AWS' limit
	Tags             map[string]string
}

// maxEmails is how many addresses AWS tells of one notification.
const maxEmails = 10

// The shares of the budget, in percent, at which people are told.
const (
	actual     = 80
	forecasted = 100
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("budget: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("budget: "+format, args...)) }
	if a.BudgetName == "" || len(a.BudgetName) > 100 {
		say("name %q: want 1 to 100 characters", a.BudgetName)
	}
	if a.Monthly < 1 {
		say("%d USD a month: want 1 or more", a.Monthly)
	}
	if a.TagKey == "" || a.TagValue == "" {
		say("no tag: say what counts")
	}
	if n := len(a.Emails); n == 0 || n > maxEmails {
		say("%d addresses: want 1 to %d", n, maxEmails)
	}
	for _, address := range a.Emails {
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
			say("%q is not an address", address)
		}
	}
	return errors.Join(found...)
}

// New registers the budget. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) error {
	if err := args.Validate(); err != nil {
		return err
	}
	_, err := budgets.NewBudget(ctx, name, &budgets.BudgetArgs{
		Name: pulumi.String(args.BudgetName), BudgetType: pulumi.String("COST"),
		LimitAmount: pulumi.String(strconv.Itoa(args.Monthly) + ".0"), // as AWS returns it
		LimitUnit:   pulumi.String("USD"), TimeUnit: pulumi.String("MONTHLY"),
		CostFilters: budgets.BudgetCostFilterArray{budgets.BudgetCostFilterArgs{
			Name:   pulumi.String("TagKeyValue"),
			Values: pulumi.ToStringArray([]string{"user:" + args.TagKey + "$" + args.TagValue}),
		}},
		Notifications: budgets.BudgetNotificationArray{
			args.notification("ACTUAL", actual), args.notification("FORECASTED", forecasted),
		},
		Tags: pulumi.ToStringMap(args.Tags),
	}, opts...)
	if err != nil {
		return fmt.Errorf("budget %s: %w", args.BudgetName, err)
	}
	return nil
}

// notification tells people once what is spent, or forecast, exceeds the share.
func (a *Args) notification(of string, percent float64) budgets.BudgetNotificationArgs {
	return budgets.BudgetNotificationArgs{
		NotificationType: pulumi.String(of), ComparisonOperator: pulumi.String("GREATER_THAN"),
		Threshold: pulumi.Float64(percent), ThresholdType: pulumi.String("PERCENTAGE"),
		SubscriberEmailAddresses: pulumi.ToStringArray(a.Emails),
	}
}
