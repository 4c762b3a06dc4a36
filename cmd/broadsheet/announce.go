package main

import (
	"fmt"
	"io"
)

// announce says where the paper is and, in development, how to try it.
func (p *paper) announce(out io.Writer) {
	at := p.address("")
	if !p.conf.IsDevelopment() {
		fmt.Fprintf(out, "The paper is at %s and listens on %s\n", at, p.on.paper.Addr())
		return
	}
	fmt.Fprintf(out, "\nThe paper is at %s\n", at)
	if p.box != nil {
		fmt.Fprintf(out, "Mails lie in the mailbox at %s/_mail\n", at)
	}
	if p.conf.Demo {
		fmt.Fprintf(out, "\nSign in at %s/signin with one of these; the code lies in the mailbox:\n", at)
		fmt.Fprintf(out, "  %-20s  a registered reader\n", demoReader)
		for _, plan := range p.sold.Plans {
			fmt.Fprintf(out, "  %-20s  subscribes to %s\n", demoSubscriberOf(plan), plan.Name)
		}
		fmt.Fprintf(out, "\nThe newsroom is at %s/newsroom, for these; it asks for a second code, which lies in the mailbox too:\n", at)
		for _, m := range demoDesk {
			fmt.Fprintf(out, "  %-24s  %s\n", m.email, m.role)
		}
	}
	if p.standin != nil {
		fmt.Fprintf(out, `
Payments go to a Stripe stand-in; its desk, with the clock, is at http://%s
Cards, with any later date and any CVC:
  4242 4242 4242 4242   pays
  4000 0000 0000 0002   is declined
  4000 0000 0000 9995   has no funds
  4000 0025 0000 3155   asks for 3-D Secure
`, p.conf.StandinAddr)
	}
	fmt.Fprint(out, "\nStop with Ctrl-C.\n\n")
}
