package standin

// accountID is the one account here.
const accountID = "acct_1StandinAccount00000000"

func getAccount(c *call) (obj, error) {
	cfg := c.s.cfg
	return obj{
		"id": accountID, "object": "account", "business_profile": obj{"mcc": nil, "name": cfg.AccountName,
			"product_description": nil, "support_address": nil, "support_email": nil, "support_phone": nil,
			"support_url": nil, "url": nil},
		"business_type": nil, "capabilities": obj{"card_payments": "active", "transfers": "active"}, "charges_enabled": true,
		"controller": obj{"type": "account"}, "country": cfg.Country, "default_currency": cfg.Currency, "details_submitted": true,
		"email": nil, "metadata": obj{}, "payouts_enabled": true, "type": "standard",
		"settings": obj{
			"branding":      obj{"icon": nil, "logo": nil, "primary_color": nil, "secondary_color": nil},
			"card_payments": obj{"statement_descriptor_prefix": nil, "statement_descriptor_prefix_kana": nil, "statement_descriptor_prefix_kanji": nil},
			"dashboard":     obj{"display_name": cfg.AccountName, "timezone": "Etc/UTC"},
			"payments": obj{"statement_descriptor": nil, "statement_descriptor_kana": nil, "statement_descriptor_kanji": nil,
				"statement_descriptor_prefix_kana": nil, "statement_descriptor_prefix_kanji": nil},
		},
	}, nil
}
