package stripepay

import (
	"context"

	"github.com/stripe/stripe-go/v76"
)

// SetCustomerEmail changes the address that Stripe has of a customer.
func (s *Stripe) SetCustomerEmail(ctx context.Context, customer, email, key string) error {
	_, err := s.api.Customers.Update(customer, &stripe.CustomerParams{Params: keyed(ctx, key), Email: stripe.String(email)})
	if err != nil {
		return faulty(err)
	}
	return nil
}

// DeleteCustomer removes a customer; its invoices stay at Stripe.
// https://docs.stripe.com/api/customers/delete
func (s *Stripe) DeleteCustomer(ctx context.Context, customer string) error {
	_, err := s.api.Customers.Del(customer, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return faulty(err)
	}
	return nil
}
