package drill

import (
	"strings"
	"testing"
)

func TestCheckGifts(t *testing.T) {
	t.Parallel()
	paid := bookCharge{ID: "ch_1", Currency: "eur", Amount: 2100, Paid: true}
	back := paid
	back.AmountRefunded = 2100
	failed := paid
	failed.Paid = false
	gift := rowGift{"gift_1", "reader", "ch_1", "eur", 2100}
	dearer := gift
	dearer.amount = 2101
	twin := gift
	twin.id = "gift_2"
	for _, c := range []struct {
		name   string
		charge bookCharge
		gifts  []rowGift
		says   string
	}{
		{"paid", paid, []rowGift{gift}, ""},
		{"never paid", failed, []rowGift{gift}, "hold no charge"},
		{"another amount", paid, []rowGift{dearer}, "hold no charge"},
		{"given back", back, []rowGift{gift}, "was given back"},
		{"two for one", paid, []rowGift{gift, twin}, "paid for two gifts, gift_1 and gift_2"},
	} {
		e := &evidence{books: &books{charges: map[string]bookCharge{"ch_1": c.charge}}, rows: &rows{gifts: c.gifts}}
		said := strings.Join(checkGifts(e), "; ")
		if (said == "") != (c.says == "") || !strings.Contains(said, c.says) {
			t.Errorf("%s: said %q, not %q", c.name, said, c.says)
		}
	}
}
