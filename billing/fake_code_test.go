package billing_test

import (
	"context"
	"strings"

	"broadsheet/billing"
)

// Promotion knows the codes of a map of its own.
func (f *stripe) Promotion(_ context.Context, code string) (billing.Promotion, error) {
	if err := f.enter("Promotion"); err != nil {
		return billing.Promotion{}, err
	}
	p, ok := promotions[strings.ToUpper(code)]
	if !ok {
		return p, missing()
	}
	return p, nil
}
