package stripepay

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

var _ billing.Codebook = (*Stripe)(nil)

// Fields that are left out unless they are asked for: the code that brought a
// discount, and the products that a coupon is for.
const (
	promotion = "discount.promotion_code"
	fitting   = "coupon.applies_to"
)

// Promotion finds a code: the active one of that name, else the newest, so that
// a reader can be told why it is no longer good.
func (s *Stripe) Promotion(ctx context.Context, code string) (billing.Promotion, error) {
	params := &stripe.PromotionCodeListParams{Code: stripe.String(code)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	params.AddExpand("data." + fitting)
	var newest *stripe.PromotionCode
	list := s.api.PromotionCodes.List(params)
	for list.Next() {
		p := list.PromotionCode()
		if p.Active {
			return promotionOf(p), nil
		}
		if newest == nil {
			newest = p
		}
	}
	switch err := list.Err(); {
	case err != nil:
		return billing.Promotion{}, faulty(err)
	case newest == nil:
		return billing.Promotion{}, fault.New(fault.Missing, "There is no such code.", nil)
	}
	return promotionOf(newest), nil
}

func promotionOf(p *stripe.PromotionCode) billing.Promotion {
	out := billing.Promotion{
		ID: p.ID, Code: p.Code, Active: p.Active, Expires: unix(p.ExpiresAt), Used: int(p.TimesRedeemed), Most: int(p.MaxRedemptions),
	}
	if p.Customer != nil {
		out.Customer = p.Customer.ID
	}
	if r := p.Restrictions; r != nil {
		out.FirstTime = r.FirstTimeTransaction
		out.Minimum = billing.Money{Amount: r.MinimumAmount, Currency: string(r.MinimumAmountCurrency)}
	}
	if c := p.Coupon; c != nil {
		out.Discount, out.Months = discountOfCoupon(c), int(c.DurationInMonths)
		out.Spent = !c.Valid && (c.RedeemBy == 0 || c.MaxRedemptions > 0 && c.TimesRedeemed >= c.MaxRedemptions)
		if by := unix(c.RedeemBy); !by.IsZero() && (out.Expires.IsZero() || by.Before(out.Expires)) {
			out.Expires = by
		}
	}
	return out
}

func discountOfCoupon(c *stripe.Coupon) billing.Discount {
	out := billing.Discount{Coupon: c.ID, Percent: hundredths(c), Duration: string(c.Duration)}
	if c.AmountOff > 0 {
		out.Off = billing.Money{Amount: c.AmountOff, Currency: string(c.Currency)}
	}
	if c.AppliesTo != nil {
		var plans []string
		for _, product := range c.AppliesTo.Products {
			plans = append(plans, strings.TrimPrefix(product, productID("")))
		}
		out.Plans = joinedPlans(plans)
	}
	return out
}

// hundredths reads a coupon's percentage, which the library gives as a binary
// fraction, by its two decimals: as a whole number of hundredths.
func hundredths(c *stripe.Coupon) int64 {
	n, err := strconv.ParseInt(strings.Replace(fmt.Sprintf("%.2f", c.PercentOff), ".", "", 1), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// discountOf is the discount that runs for a subscription.
func discountOf(d *stripe.Discount) billing.Discount {
	if d == nil || d.Coupon == nil || d.Deleted {
		return billing.Discount{}
	}
	out := discountOfCoupon(d.Coupon)
	out.Until = unix(d.End)
	if d.PromotionCode != nil {
		out.Code = d.PromotionCode.Code
	}
	return out
}

// giveCode gives a session the code that was typed at the paper. Stripe takes
// either that or a field for another code, and not both.
func giveCode(params *stripe.CheckoutSessionParams, n billing.NewSession) {
	if n.Promotion == "" {
		return
	}
	params.AllowPromotionCodes = nil
	params.Discounts = []*stripe.CheckoutSessionDiscountParams{{PromotionCode: stripe.String(n.Promotion)}}
	if n.Free {
		params.PaymentMethodCollection = stripe.String(string(stripe.CheckoutSessionPaymentMethodCollectionIfRequired))
	}
}

// couponID is the id that a code's coupon has at Stripe: ids may be chosen, and
// a chosen one needs no search.
func couponID(code string) string { return "broadsheet_" + strings.ToUpper(code) }

// PutCode makes the coupon and the code, or finds them as asked.
func (s *Stripe) PutCode(ctx context.Context, n billing.NewCode) (billing.Promotion, billing.Put, error) {
	code := strings.ToUpper(n.Code)
	have, err := s.Promotion(ctx, code)
	if err == nil && have.Active {
		if same(have, n) {
			return have, billing.Kept, nil
		}
		return have, "", fault.New(fault.Conflict, "The code "+code+" is there already and says something else. End it at Stripe first, or choose another.", nil)
	}
	if err != nil && !fault.Is(err, fault.Missing) {
		return have, "", err
	}
	coupon, err := s.putCoupon(ctx, n)
	if err != nil {
		return have, "", err
	}
	do := func(key string) (billing.Promotion, error) {
		params := &stripe.PromotionCodeParams{Params: keyed(ctx, key), Coupon: stripe.String(coupon), Code: stripe.String(code)}
		if n.Most > 0 {
			params.MaxRedemptions = stripe.Int64(int64(n.Most))
		}
		if !n.Until.IsZero() {
			params.ExpiresAt = stripe.Int64(n.Until.Unix())
		}
		if n.FirstTime {
			params.Restrictions = &stripe.PromotionCodeRestrictionsParams{FirstTimeTransaction: stripe.Bool(true)}
		}
		made, err := s.api.PromotionCodes.New(params)
		if err != nil {
			return billing.Promotion{}, err
		}
		return promotionOf(made), nil
	}
	made, err := post(ctx, runKey("code:"+code), do, func() (billing.Promotion, bool, error) {
		got, err := s.Promotion(ctx, code)
		if fault.Is(err, fault.Missing) {
			return got, false, nil
		}
		return got, err == nil && got.Active, err
	})
	return made, billing.Made, err
}

// same reports whether a code is what is asked for.
func same(have billing.Promotion, n billing.NewCode) bool {
	d := have.Discount
	return d.Percent == n.Percent && d.Off == n.Off && d.Duration == n.Duration && have.Months == n.Months && d.Plans == joinedPlans(n.Plans) &&
		have.Most == n.Most && have.Expires.Equal(n.Until.Truncate(time.Second)) && have.FirstTime == n.FirstTime
}

// joinedPlans is how a discount keeps the plans that it is for.
func joinedPlans(keys []string) string {
	return strings.Join(slices.Sorted(slices.Values(keys)), " ")
}

// putCoupon makes the coupon of a code, or finds the one that an earlier run
// made. One that says something else is replaced: whoever has its discount
// keeps it.
func (s *Stripe) putCoupon(ctx context.Context, n billing.NewCode) (string, error) {
	want := couponID(n.Code)
	get := func() (*stripe.Coupon, error) {
		params := &stripe.CouponParams{Params: stripe.Params{Context: ctx}}
		params.AddExpand("applies_to")
		got, err := s.api.Coupons.Get(want, params)
		if err = faulty(err); fault.Is(err, fault.Missing) || err == nil && got.Deleted {
			return nil, nil
		}
		return got, err
	}
	have, err := get()
	if err != nil {
		return "", err
	}
	fits := func(c *stripe.Coupon) bool {
		d := discountOfCoupon(c)
		return c.Valid && d.Percent == n.Percent && d.Off == n.Off && d.Duration == n.Duration && int(c.DurationInMonths) == n.Months && d.Plans == joinedPlans(n.Plans)
	}
	if have != nil && fits(have) {
		return have.ID, nil
	}
	if have != nil {
		if _, err := s.api.Coupons.Del(want, &stripe.CouponParams{Params: stripe.Params{Context: ctx}}); err != nil {
			return "", faulty(err)
		}
	}
	made, err := post(ctx, runKey("coupon:"+want), func(key string) (*stripe.Coupon, error) {
		return s.api.Coupons.New(couponParams(ctx, key, want, n))
	}, func() (*stripe.Coupon, bool, error) {
		got, err := get()
		return got, got != nil && fits(got), err
	})
	if err != nil {
		return "", err
	}
	return made.ID, nil
}

func couponParams(ctx context.Context, key, id string, n billing.NewCode) *stripe.CouponParams {
	params := &stripe.CouponParams{Params: keyed(ctx, key), ID: stripe.String(id), Name: stripe.String(strings.ToUpper(n.Code)), Duration: stripe.String(n.Duration)}
	if n.Percent > 0 {
		params.AddExtra("percent_off", fmt.Sprintf("%d.%02d", n.Percent/100, n.Percent%100)) // as written, not as the library's fraction
	} else {
		params.AmountOff, params.Currency = stripe.Int64(n.Off.Amount), stripe.String(n.Off.Currency)
	}
	if len(n.Plans) > 0 {
		params.AppliesTo = &stripe.CouponAppliesToParams{}
		for _, plan := range n.Plans {
			params.AppliesTo.Products = append(params.AppliesTo.Products, stripe.String(productID(plan)))
		}
	}
	if n.Months > 0 {
		params.DurationInMonths = stripe.Int64(int64(n.Months))
	}
	return params
}

// Codes lists the codes of the account, the newest first.
func (s *Stripe) Codes(ctx context.Context) ([]billing.Promotion, error) {
	params := &stripe.PromotionCodeListParams{}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	params.AddExpand("data." + fitting)
	var out []billing.Promotion
	list := s.api.PromotionCodes.List(params)
	for list.Next() {
		out = append(out, promotionOf(list.PromotionCode()))
	}
	return out, faulty(list.Err())
}

// EndCode switches a code off. What it brought stays.
func (s *Stripe) EndCode(ctx context.Context, id string) (billing.Promotion, error) {
	find := func() (*stripe.PromotionCode, bool, error) {
		params := &stripe.PromotionCodeParams{Params: stripe.Params{Context: ctx}}
		params.AddExpand(fitting)
		got, err := s.api.PromotionCodes.Get(id, params)
		return got, err == nil && !got.Active, faulty(err)
	}
	was, ended, err := find()
	if err != nil || ended {
		return promotionOrNone(was), err
	}
	_, err = post(ctx, runKey("end:"+id), func(key string) (*stripe.PromotionCode, error) {
		return s.api.PromotionCodes.Update(id, &stripe.PromotionCodeParams{Params: keyed(ctx, key), Active: stripe.Bool(false)})
	}, find)
	return promotionOf(was), err
}

func promotionOrNone(p *stripe.PromotionCode) billing.Promotion {
	if p == nil {
		return billing.Promotion{}
	}
	return promotionOf(p)
}
