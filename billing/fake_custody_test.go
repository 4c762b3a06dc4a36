package billing_test

import "context"

func (f *stripe) SetCustomerEmail(context.Context, string, string, string) error { return nil }
func (f *stripe) DeleteCustomer(context.Context, string) error                   { return nil }
