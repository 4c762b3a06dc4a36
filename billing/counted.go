package billing

import "context"

// Step is a step of a checkout that somebody counts.
type Step string

// The steps, each once for a checkout.
const (
	StepBegun  Step = "begun"  // its payment page is being opened
	StepBought Step = "bought" // and was paid
)

// Counting counts a step, in the transaction that ctx carries. It keeps
// nothing of the reader.
type Counting func(ctx context.Context, c Checkout, step Step) error

// counted tells of a step, once for all time.
func (s *Service) counted(ctx context.Context, c Checkout, step Step) error {
	if s.Counting == nil {
		return nil
	}
	first, err := s.Store.FirstEffect(ctx, "checkout:"+string(step)+":"+c.ID, s.Paper.Now())
	if err != nil || !first {
		return err
	}
	return s.Counting(ctx, c, step)
}

// saveClosed writes a checkout that is over. What came of it is counted with it.
func (s *Service) saveClosed(ctx context.Context, c Checkout) error {
	if err := s.Store.SaveCheckout(ctx, c); err != nil || c.State != CheckoutComplete {
		return err
	}
	return s.counted(ctx, c, StepBought)
}
