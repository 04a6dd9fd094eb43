package config

import "net/mail"

// BudgetConfig is what a month may cost, for the foundation and what is deployed on it.
type BudgetConfig struct {
	Monthly int      // USD; 0: there is no budget
	Emails  []string // who is told, 1 to 10
}

// Trails reports whether the foundation has a CloudTrail: where the config says so, and
// by default in production. A second trail of an account costs by the event.
func (c Config) Trails() bool {
	if c.Trail != nil {
		return *c.Trail
	}
	return c.Production()
}

// budget checks who is told of what is spent.
func (p *problems) budget() {
	b := p.cfg.Budget
	if !p.foundation() {
		return
	}
	switch {
	case b.Monthly < 0:
		p.key("budget.monthly", "%d USD a month: want 1 or more, or leave it out", b.Monthly)
	case b.Monthly == 0 && len(b.Emails) > 0:
		p.key("budget.monthly", "not set, and budget.emails says whom to tell: set it to USD a month")
	case b.Monthly > 0 && (len(b.Emails) == 0 || len(b.Emails) > 10):
		p.key("budget.emails", "%d addresses: name 1 to 10 who are told, with `pulumi config set --path 'budget.emails[0]' ADDRESS`", len(b.Emails))
	}
	for _, address := range b.Emails {
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
			p.key("budget.emails", "%q is not an address", address)
		}
	}
}
