package billing

import (
	"context"

	"broadsheet/internal/fault"
)

// custodian keeps what Stripe knows of a person as the paper does.
type custodian interface {
	SetCustomerEmail(ctx context.Context, customer, email, key string) error
	// DeleteCustomer removes a customer with the cards; invoices stay. Live
	// subscriptions end with it. Missing if it is gone.
	DeleteCustomer(ctx context.Context, customer string) error
}

// TellAddress gives a reader's customers at Stripe the account's address.
func (s *Service) TellAddress(ctx context.Context, readerID, email, key string) error {
	customers, err := s.Store.CustomersOf(ctx, readerID)
	if err != nil {
		return err
	}
	for _, c := range customers {
		if err := s.Gateway.SetCustomerEmail(ctx, c.ID, email, key+":"+c.ID); err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		if _, err := s.Sync(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// ForgetCustomers removes an erased reader's customers at Stripe. A subscription
// that is live is not ended in passing: that is a Conflict.
func (s *Service) ForgetCustomers(ctx context.Context, readerID string) error {
	subs, err := s.Store.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if !sub.Status.over() {
			return fault.New(fault.Conflict, "The subscription "+sub.ID+" of an erased reader is live. End it first.", nil)
		}
	}
	customers, err := s.Store.CustomersOf(ctx, readerID)
	if err != nil {
		return err
	}
	for _, c := range customers {
		if err := s.Gateway.DeleteCustomer(ctx, c.ID); err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		if _, err := s.Sync(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// LiveOf is the subscription that takes a reader's one place; nil for none.
func LiveOf(subs []Subscription) *Subscription {
	for i := range subs {
		if !subs[i].Status.over() {
			return &subs[i]
		}
	}
	return nil
}
