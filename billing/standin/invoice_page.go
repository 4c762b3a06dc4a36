package standin

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
)

// invoiceView is the hosted invoice page.
type invoiceView struct {
	ID, Number, Status     string
	To, Email              string
	Created                int64
	Lines                  []payLine
	Discount, Total, Still string
	PDF                    string
	Open                   bool
	Wrong                  map[string]string
	Refused                string
	TestCards              [][2]string
}

func (s *Server) invoiceView(ctx context.Context, id string) (*invoiceView, error) {
	var inv obj
	err := s.do(ctx, func(w *work) (err error) {
		inv, err = w.get("invoice", id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if inv.str("status") == "draft" {
		return nil, missing("invoice", id)
	}
	currency := inv.str("currency")
	v := &invoiceView{ID: id, Number: inv.str("number"), Status: inv.str("status"), To: inv.str("customer_name"),
		Email: inv.str("customer_email"), Created: inv.num("created"), Total: money(inv.num("total"), currency),
		Still: money(inv.num("amount_remaining"), currency), PDF: inv.str("invoice_pdf"), Open: inv.str("status") == "open",
		Wrong: map[string]string{}, TestCards: testCards}
	for _, line := range inv.list("lines") {
		v.Lines = append(v.Lines, payLine{Name: line.str("description"), Amount: money(line.num("amount"), currency)})
	}
	if less := inv.num("subtotal") - inv.num("total"); less > 0 {
		v.Discount = money(-less, currency)
	}
	return v, nil
}

func (s *Server) invoicePage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.invoiceView(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "invoice", "Invoice "+v.Number, v)
}

// invoicePost pays an open invoice with a card typed at its page.
func (s *Server) invoicePost(w http.ResponseWriter, r *http.Request) error {
	v, err := s.invoiceView(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	number, month, year := readCard(r, s.now(), v.Wrong)
	if len(v.Wrong) > 0 {
		return s.show(w, http.StatusUnprocessableEntity, "invoice", "Invoice "+v.Number, v)
	}
	var refusal *apiError
	var intent obj
	err = s.do(r.Context(), func(b *work) error {
		inv, err := b.get("invoice", r.PathValue("id"))
		if err != nil || inv.str("status") != "open" {
			return err
		}
		pm := b.newCard(number, month, year, nil)
		if err := b.put(pm); err != nil {
			return err
		}
		err = b.payInvoice(inv, pm, onSession, s.url("/i/"+inv.str("id")))
		if e, ok := refused(err); ok {
			refusal = e
			return nil
		}
		if err != nil {
			return err
		}
		intent, err = b.get("payment_intent", inv.str("payment_intent"))
		return err
	})
	switch {
	case err != nil:
		return err
	case refusal != nil:
		v.Refused = refusal.message
		return s.show(w, http.StatusPaymentRequired, "invoice", "Invoice "+v.Number, v)
	case intent.str("status") == "requires_action":
		http.Redirect(w, r, "/3ds/"+intent.str("id"), http.StatusSeeOther)
	default:
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	}
	return nil
}

func (s *Server) receiptPage(w http.ResponseWriter, r *http.Request) error {
	var charge obj
	err := s.do(r.Context(), func(b *work) (err error) {
		charge, err = b.get("charge", r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s was charged to %s.", money(charge.num("amount"), charge.str("currency")),
		cardName(charge.sub("payment_method_details")))
	if charge.str("status") == "failed" {
		text = "This charge failed: " + charge.str("failure_message")
	} else if back := charge.num("amount_refunded"); back > 0 {
		text += " " + money(back, charge.str("currency")) + " was given back."
	}
	return s.show(w, http.StatusOK, "message", "Receipt", message{Heading: "Receipt", Text: text})
}

func (s *Server) invoicePDF(w http.ResponseWriter, r *http.Request) error {
	v, err := s.invoiceView(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	lines := []string{s.cfg.AccountName, "Invoice " + v.Number, "", "For: " + strings.TrimSpace(v.To+" "+v.Email), ""}
	for _, line := range v.Lines {
		lines = append(lines, line.Name+"    "+line.Amount)
	}
	if v.Discount != "" {
		lines = append(lines, "Discount    "+v.Discount)
	}
	lines = append(lines, "", "Total    "+v.Total, "Status: "+v.Status)
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="invoice-`+v.Number+`.pdf"`)
	_, _ = w.Write(pdf(lines))
	return nil
}

// pdf is a single page of text lines: PDF 1.4 with the standard Helvetica, so
// nothing is embedded. Letters beyond Latin-1 become question marks.
func pdf(lines []string) []byte {
	var text bytes.Buffer
	text.WriteString("BT /F1 12 Tf 56 780 Td 18 TL\n")
	for _, line := range lines {
		fmt.Fprintf(&text, "(%s) Tj T*\n", pdfString(line))
	}
	text.WriteString("ET")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return out.Bytes()
}

// pdfString writes text in WinAnsi with PDF's own escapes.
func pdfString(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '(' || r == ')' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '€':
			out.WriteByte(0x80)
		case r == '−':
			out.WriteByte('-')
		case r < 0x20 || r > 0xff:
			out.WriteByte('?')
		default:
			out.WriteByte(byte(r))
		}
	}
	return out.String()
}
