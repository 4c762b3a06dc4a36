package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// deskPlans is what the pages about plans read.
type deskPlans interface {
	Catalogue(ctx context.Context) (billing.Catalogue, error)
	CatalogueAt(ctx context.Context, at time.Time) (billing.Catalogue, error)
	Holders(ctx context.Context, now time.Time) ([]billing.Holders, error)
}

// stripePatience is how long a page of the desk waits for Stripe before it is
// drawn without it.
const stripePatience = 6 * time.Second

func (s *Site) plansRoutes() []deskRoute {
	routes := []deskRoute{
		get(views.DeskPlansPath, desk.PlanEdit, s.deskPlans),
		get(views.DeskRestockPath, desk.PlanEdit, s.restockForm),
		post(views.DeskRestockPath, desk.PlanEdit, s.restock),
		get(views.DeskCodesOfPath, desk.PlanEdit, s.deskCodes),
		get(views.DeskNewCodePath, desk.PlanEdit, s.newCodeForm),
		post(views.DeskNewCodePath, desk.PlanEdit, s.newCode),
		get(views.DeskCodesOfPath+"/:code/end", desk.PlanEdit, s.endCodeForm),
		post(views.DeskCodesOfPath+"/:code/end", desk.PlanEdit, s.endCode),
	}
	for _, e := range planEdits() {
		routes = append(routes, get(e.path, desk.PlanEdit, s.planForm(e)), post(e.path, desk.PlanEdit, s.planPost(e)))
	}
	return routes
}

// plansTrail leads back to the plans.
func plansTrail(more ...views.DeskLink) []views.DeskLink {
	return append([]views.DeskLink{{Label: "Plans", Href: views.DeskPlansPath}}, more...)
}

// stripeMode is what a page calls the mode of Stripe's key.
func (s *Site) stripeMode() string {
	if s.Billing.Gateway.Livemode() {
		return "live: real money"
	}
	return "test mode: no card is charged"
}

func (s *Site) deskPlans(c echo.Context, m desk.Member) error {
	ctx := c.Request().Context()
	page := views.DeskPlansPage{Mode: s.stripeMode()}
	var err error
	if page.Catalogue, err = s.Newsroom.Plans.Catalogue(ctx); err != nil {
		return err
	}
	if page.Holders, err = s.Newsroom.Plans.Holders(ctx, s.now()); err != nil {
		return err
	}
	asked, cancel := context.WithTimeout(ctx, stripePatience)
	defer cancel()
	if page.Lacks, page.AtStripe, err = s.Billing.Unmet(asked, page.Catalogue); err != nil {
		if page.Trouble = s.stripeTrouble(c, err); page.Trouble == "" {
			return err
		}
	}
	rules := s.furniture.now().rules
	page.Registered, page.WindowDays = rules.Registered, int(rules.Window/(24*time.Hour))
	page.DeskFrame = s.deskFrame(c, m, "Plans")
	return s.render(c, http.StatusOK, views.DeskPlans(page))
}

// stripeTrouble words what Stripe said, and logs what it was; "" when it was
// something else.
func (s *Site) stripeTrouble(c echo.Context, err error) string {
	if c.Request().Context().Err() != nil {
		return ""
	}
	words := billing.Trouble(asFault(err))
	if words != "" {
		s.Log.Warn("Stripe did not do what the desk asked", "err", err, "request", requestID(c))
	}
	return words
}

// troubleStatus is what a form answers with that Stripe kept from being done.
func troubleStatus(err error) int {
	switch fault.KindOf(asFault(err)) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadGateway
}

// restockForm says what Stripe lacks of what the paper sells.
func (s *Site) restockForm(c echo.Context, m desk.Member) error {
	return s.showRestock(c, m, http.StatusOK, "")
}

func (s *Site) showRestock(c echo.Context, m desk.Member, status int, wrong string) error {
	page := views.PlanPreviewPage{
		Heading: "What Stripe needs", Mode: s.stripeMode(), Action: views.DeskRestockPath, Yes: "Make it in Stripe", Back: views.DeskPlansPath,
	}
	if wrong == "" {
		_, lacks, has, err := s.unmet(c)
		if err == nil {
			_, err = s.Billing.Foresee(c.Request().Context(), lacks)
		}
		if err != nil {
			if wrong = s.stripeTrouble(c, err); wrong == "" {
				return err
			}
			status = troubleStatus(err)
		}
		page.Stripe = stripeLines(lacks, has)
	}
	page.DeskFrame = s.deskFrame(c, m, page.Heading, plansTrail()...)
	if wrong != "" {
		page.Notice = &views.Notice{Kind: views.Bad, Text: wrong + " The paper was not changed."}
	}
	return s.render(c, status, views.PlanPreview(page))
}

func (s *Site) unmet(c echo.Context) (sold billing.Catalogue, lacks []billing.Making, has map[string]billing.Shelved, err error) {
	ctx := c.Request().Context()
	if sold, err = s.Newsroom.Plans.Catalogue(ctx); err == nil {
		lacks, has, err = s.Billing.Unmet(ctx, sold)
	}
	return sold, lacks, has, err
}

// restock makes it.
func (s *Site) restock(c echo.Context, m desk.Member) error {
	_, lacks, _, err := s.unmet(c)
	if err == nil && len(lacks) == 0 {
		return s.done(c, views.DeskPlansPath, "Stripe has everything as the paper sells it.")
	}
	if err == nil {
		what := desk.Change{Kind: "plan.restock", Subject: "plans", After: map[string]any{"stripe": makingKeys(lacks)}}
		err = s.outside(c, m, what, func(ctx context.Context) (any, error) {
			made, err := s.Billing.Restock(ctx, lacks)
			return map[string]any{"stripe": stockedLines(made)}, err
		})
	}
	if err != nil {
		words := s.stripeTrouble(c, err)
		if words == "" {
			return err
		}
		return s.showRestock(c, m, troubleStatus(err), words)
	}
	return s.done(c, views.DeskPlansPath, "Stripe has everything as the paper sells it now.")
}

func stockedLines(made []billing.Stocked) []string {
	lines := make([]string, len(made))
	for i, one := range made {
		lines[i] = one.String()
	}
	return lines
}
