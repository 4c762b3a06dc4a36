package billing_test

import (
	"testing"

	"broadsheet/billing"
)

// Stripe keeps what it was told for an invoice. Of an account that was erased,
// no sync brings it back.
func TestWhatWasErasedDoesNotComeBack(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "digital_monthly")
		sub := b.known(t, id)
		inv := b.stripe.invoices[sub.Latest]
		inv.BillTo, inv.HostedURL, inv.PDF = "Ada Byron\n18 Rua das Flores", "https://invoice.example/1", "https://invoice.example/1.pdf"
		b.stripe.invoices[inv.ID] = inv
		b.sync(t)
		named := func() billing.Invoice {
			got, _, err := b.db.InvoiceByID(t.Context(), inv.ID)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if named().BillTo != inv.BillTo {
			t.Fatal("the invoice names nobody to begin with")
		}
		if err := b.db.ReaderData().Erase(t.Context(), b.reader); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Sync(t.Context(), sub.Customer); err != nil {
			t.Fatal(err)
		}
		if got := named(); got.BillTo+got.HostedURL+got.PDF != "" || got.Money != inv.Money {
			t.Errorf("%+v", got)
		}
	})
}
