package main

import (
	"errors"
	"fmt"

	"broadsheet/internal/browsertest"
)

// deskPages are the newsroom's pages, by name.
var deskPages = [][2]string{
	{"desk", "/newsroom"},
	{"desk-stories", "/newsroom/stories"},
	{"desk-front", "/newsroom/front"},
	{"desk-gate", "/newsroom/gate"},
	{"desk-plans", "/newsroom/plans"},
	{"desk-plan", "/newsroom/plans/plan/digital"},
	{"desk-plan-new", "/newsroom/plans/new"},
	{"desk-price", "/newsroom/plans/price/digital_monthly"},
	{"desk-words", "/newsroom/plans/benefits"},
	{"desk-codes", "/newsroom/plans/codes"},
	{"desk-code-new", "/newsroom/plans/codes/new"},
	{"desk-readers", "/newsroom/readers"},
	{"desk-house", "/newsroom/house"},
	{"desk-numbers", "/newsroom/numbers?days=365"},
	{"desk-numbers-money", "/newsroom/numbers/money?days=365"},
	{"desk-numbers-stories", "/newsroom/numbers/stories?days=365"},
	{"desk-staff", "/newsroom/staff"},
	{"desk-record", "/newsroom/record"},
	{"desk-you", "/newsroom/you"},
	{"desk-app", "/newsroom/you/app"},
	{"desk-missing", "/newsroom/staff/nobody"},
}

// atDesk is what a member of the desk sees, whose codes lie in the mailbox.
func (s *shooter) atDesk(tab *browsertest.Tab, email string) error {
	if _, err := tab.Go(s.base + "/signin?return=/newsroom"); err != nil {
		return err
	}
	if err := errors.Join(tab.Fill(`main [name="email"]`, email), tab.Press(`form[action="/signin"] button`)); err != nil {
		return err
	}
	code, err := s.code(email)
	if err != nil {
		return err
	}
	if err := errors.Join(tab.Fill(`[name="code"]`, code), tab.Press(`form[action="/signin/code"] button`)); err != nil {
		return err
	}
	if err := s.shoot(tab, "desk-door"); err != nil {
		return err
	}
	if code, err = s.code(email); err != nil {
		return err
	}
	if err := errors.Join(tab.Fill(`[name="code"]`, code), tab.Press(`form[action="/newsroom/signin"] button`)); err != nil {
		return err
	}
	for _, page := range deskPages {
		if err := s.page(tab, page[0], page[1]); err != nil {
			return fmt.Errorf("%s: %w", page[1], err)
		}
	}
	if err := errors.Join(s.story(tab), s.first(tab, "desk-reader", "/newsroom/readers")); err != nil {
		return err
	}
	if _, err := tab.Go(s.base + "/newsroom/staff"); err != nil {
		return err
	}
	member, err := browsertest.Eval[string](tab, `document.querySelector('tbody tr:last-child a[href^="/newsroom/staff/"]')?.getAttribute("href") ?? ""`)
	if err != nil || member == "" {
		return err
	}
	return errors.Join(s.page(tab, "desk-member", member), s.page(tab, "desk-confirm", member+"/reset"))
}

// story is the editor of the first story of the desk's list, and its history.
func (s *shooter) story(tab *browsertest.Tab) error {
	if _, err := tab.Go(s.base + "/newsroom/stories"); err != nil {
		return err
	}
	at, err := browsertest.Eval[string](tab, `document.querySelector('tbody th a')?.getAttribute("href") ?? ""`)
	if err != nil || at == "" {
		return err
	}
	return errors.Join(s.page(tab, "desk-editor", at), s.page(tab, "desk-history", at+"/history?revision=1"))
}

// first is what the first row of a list leads to.
func (s *shooter) first(tab *browsertest.Tab, name, list string) error {
	if _, err := tab.Go(s.base + list); err != nil {
		return err
	}
	at, err := browsertest.Eval[string](tab, `document.querySelector('tbody th a')?.getAttribute("href") ?? ""`)
	if err != nil || at == "" {
		return err
	}
	return s.page(tab, name, at)
}
