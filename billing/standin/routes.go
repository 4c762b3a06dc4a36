package standin

import "net/http"

// retrieve serves an object by its id.
func retrieve(kind string) handler {
	return func(c *call) (obj, error) { return c.get(kind, c.id()) }
}

// apiRoutes are the parts of Stripe's API that are served.
var apiRoutes = map[string]handler{
	"GET /v1/account": getAccount,

	"POST /v1/products":        createProduct,
	"GET /v1/products":         listProducts,
	"GET /v1/products/{id}":    retrieve("product"),
	"POST /v1/products/{id}":   updateProduct,
	"DELETE /v1/products/{id}": deleteProduct,
	"POST /v1/prices":          createPrice,
	"GET /v1/prices":           listPrices,
	"GET /v1/prices/{id}":      retrieve("price"),
	"POST /v1/prices/{id}":     updatePrice,

	"POST /v1/coupons":              createCoupon,
	"GET /v1/coupons":               listCoupons,
	"GET /v1/coupons/{id}":          retrieve("coupon"),
	"POST /v1/coupons/{id}":         updateCoupon,
	"DELETE /v1/coupons/{id}":       deleteCoupon,
	"POST /v1/promotion_codes":      createPromotionCode,
	"GET /v1/promotion_codes":       listPromotionCodes,
	"GET /v1/promotion_codes/{id}":  retrieve("promotion_code"),
	"POST /v1/promotion_codes/{id}": updatePromotionCode,

	"POST /v1/customers":                           createCustomer,
	"GET /v1/customers":                            listCustomers,
	"GET /v1/customers/{id}":                       getCustomer,
	"POST /v1/customers/{id}":                      updateCustomer,
	"DELETE /v1/customers/{id}":                    deleteCustomer,
	"GET /v1/customers/{id}/subscriptions":         listSubscriptions,
	"GET /v1/customers/{id}/payment_methods":       listPaymentMethods,
	"POST /v1/customers/{id}/balance_transactions": createBalanceTransaction,
	"GET /v1/customers/{id}/balance_transactions":  listCustomerBalance,

	"POST /v1/payment_methods":             createPaymentMethod,
	"GET /v1/payment_methods":              listPaymentMethods,
	"GET /v1/payment_methods/{id}":         retrieve("payment_method"),
	"POST /v1/payment_methods/{id}":        updatePaymentMethod,
	"POST /v1/payment_methods/{id}/attach": attachPaymentMethod,
	"POST /v1/payment_methods/{id}/detach": detachPaymentMethod,

	"POST /v1/setup_intents":              createSetup,
	"GET /v1/setup_intents":               listSetups,
	"GET /v1/setup_intents/{id}":          retrieve("setup_intent"),
	"POST /v1/setup_intents/{id}/confirm": confirmSetup,
	"POST /v1/setup_intents/{id}/cancel":  cancelSetup,

	"POST /v1/payment_intents":              createIntent,
	"GET /v1/payment_intents":               listIntents,
	"GET /v1/payment_intents/{id}":          retrieve("payment_intent"),
	"POST /v1/payment_intents/{id}":         updateIntent,
	"POST /v1/payment_intents/{id}/confirm": confirmIntent,
	"POST /v1/payment_intents/{id}/cancel":  cancelIntent,

	"POST /v1/charges":             createCharge,
	"GET /v1/charges":              listCharges,
	"GET /v1/charges/{id}":         retrieve("charge"),
	"POST /v1/charges/{id}":        updateCharge,
	"GET /v1/charges/{id}/refunds": listRefunds,
	"POST /v1/refunds":             createRefund,
	"GET /v1/refunds":              listRefunds,
	"GET /v1/refunds/{id}":         retrieve("refund"),
	"POST /v1/refunds/{id}":        updateRefund,
	"POST /v1/disputes/{id}":       updateDispute,
	"POST /v1/disputes/{id}/close": closeDispute,
	"GET /v1/disputes":             listDisputes,
	"GET /v1/disputes/{id}":        retrieve("dispute"),

	"POST /v1/credit_notes":           createCreditNote,
	"GET /v1/credit_notes":            listCreditNotes,
	"GET /v1/credit_notes/preview":    previewCreditNote,
	"GET /v1/credit_notes/{id}":       retrieve("credit_note"),
	"POST /v1/credit_notes/{id}":      updateCreditNote,
	"POST /v1/credit_notes/{id}/void": voidCreditNote,

	"GET /v1/balance_transactions":      listTransactions,
	"GET /v1/balance_transactions/{id}": retrieve("balance_transaction"),

	"POST /v1/checkout/sessions":                createSession,
	"GET /v1/checkout/sessions":                 listSessions,
	"GET /v1/checkout/sessions/{id}":            retrieve("checkout.session"),
	"POST /v1/checkout/sessions/{id}/expire":    expireSession,
	"GET /v1/checkout/sessions/{id}/line_items": listSessionItems,

	"POST /v1/subscriptions":             createSubscription,
	"GET /v1/subscriptions":              listSubscriptions,
	"GET /v1/subscriptions/{id}":         retrieve("subscription"),
	"POST /v1/subscriptions/{id}":        updateSubscription,
	"DELETE /v1/subscriptions/{id}":      cancelSubscription,
	"POST /v1/subscriptions/{id}/resume": resumeSubscription,
	"GET /v1/subscription_items":         listSubscriptionItems,

	"POST /v1/subscription_schedules":              createSchedule,
	"GET /v1/subscription_schedules":               listSchedules,
	"GET /v1/subscription_schedules/{id}":          retrieve("subscription_schedule"),
	"POST /v1/subscription_schedules/{id}":         updateSchedule,
	"POST /v1/subscription_schedules/{id}/release": releaseSchedule,
	"POST /v1/subscription_schedules/{id}/cancel":  cancelSchedule,

	"POST /v1/invoices":                         createInvoice,
	"DELETE /v1/invoices/{id}":                  deleteInvoice,
	"GET /v1/invoices":                          listInvoices,
	"GET /v1/invoices/upcoming":                 upcomingInvoice,
	"GET /v1/invoices/{id}":                     retrieve("invoice"),
	"POST /v1/invoices/{id}":                    updateInvoice,
	"GET /v1/invoices/{id}/lines":               listInvoiceLines,
	"POST /v1/invoices/{id}/finalize":           finalizeInvoice,
	"POST /v1/invoices/{id}/pay":                payInvoice,
	"POST /v1/invoices/{id}/void":               voidInvoice,
	"POST /v1/invoices/{id}/mark_uncollectible": writeOffInvoice,

	"POST /v1/invoiceitems":        createInvoiceItem,
	"GET /v1/invoiceitems":         listInvoiceItems,
	"GET /v1/invoiceitems/{id}":    retrieve("invoiceitem"),
	"POST /v1/invoiceitems/{id}":   updateInvoiceItem,
	"DELETE /v1/invoiceitems/{id}": deleteInvoiceItem,

	"POST /v1/billing_portal/configurations":      createPortalConfig,
	"GET /v1/billing_portal/configurations":       listPortalConfigs,
	"GET /v1/billing_portal/configurations/{id}":  retrieve("billing_portal.configuration"),
	"POST /v1/billing_portal/configurations/{id}": updatePortalConfig,
	"POST /v1/billing_portal/sessions":            createPortalSession,

	"POST /v1/webhook_endpoints":        createEndpoint,
	"GET /v1/webhook_endpoints":         listEndpoints,
	"GET /v1/webhook_endpoints/{id}":    retrieve("webhook_endpoint"),
	"POST /v1/webhook_endpoints/{id}":   updateEndpoint,
	"DELETE /v1/webhook_endpoints/{id}": deleteEndpoint,
	"GET /v1/events":                    listEvents,
	"GET /v1/events/{id}":               getEvent,
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, h := range apiRoutes {
		mux.Handle(pattern, s.api(h))
	}
	mux.Handle("/v1/", s.api(unknownRoute))

	// Pages are for people with browsers: a form on another site must not be
	// able to move time or spend a card.
	guard := http.NewCrossOriginProtection()
	page := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, guard.Handler(s.page(h)))
	}
	page("GET /c/pay/{id}", s.payPage)
	page("POST /c/pay/{id}", s.payPost)
	page("GET /3ds/{id}", s.askPage)
	page("POST /3ds/{id}", s.askPost)
	page("GET /p/session/{id}", s.portalPage)
	page("POST /p/session/{id}", s.portalPost)
	page("GET /i/{id}", s.invoicePage)
	page("POST /i/{id}", s.invoicePost)
	page("GET /i/{id}/pdf", s.invoicePDF)
	page("GET /r/{id}", s.receiptPage)
	page("GET /{$}", s.deskPage)
	page("GET /_books.json", s.booksDump)
	page("POST /_faults", s.faultsPost)
	page("POST /_dunning", s.dunningPost)
	page("POST /_disputes", s.disputePost)
	page("POST /_clock/advance", s.advancePost)
	page("POST /_deliveries/{id}/replay", s.replayPost)
	page("GET /standin.css", s.css)
	page("/", func(http.ResponseWriter, *http.Request) error { return missing("page", "") })
	return mux
}
