package budget

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func good() *Args {
	return &Args{BudgetName: "acme-prod", Monthly: 900, TagKey: "ashlar:installation", TagValue: "acme",
		Emails: []string{"ada@example.com"}, Tags: map[string]string{"a": "b"}}
}

func TestPeopleHearBeforeTheMoneyIsSpent(t *testing.T) {
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error { return New(ctx, "budget", good()) }).
		One(t, "aws:budgets/budget:Budget")
	for path, want := range map[string]any{
		"name": "acme-prod", "limitAmount": "900.0", "limitUnit": "USD", "timeUnit": "MONTHLY",
		"costFilters.0.name": "TagKeyValue", "costFilters.0.values.0": "user:ashlar:installation$acme",
		"notifications.0.notificationType": "ACTUAL", "notifications.0.threshold": 80.0,
		"notifications.1.notificationType": "FORECASTED", "notifications.1.threshold": 100.0,
		"notifications.1.subscriberEmailAddresses.0": "ada@example.com",
	} {
		if got := r.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestEveryProblemOfABudgetIsReported(t *testing.T) {
	err := (&Args{Monthly: -1, Emails: append(make([]string, 10), "Ada <ada@example.com>")}).Validate()
	for _, want := range []string{`name ""`, "-1 USD", "no tag", "11 addresses", "is not an address"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
}
