package mail

// AddressGone tells an address that an account has left it.
type AddressGone struct{ Name string }

// Letter writes it.
func (a AddressGone) Letter(h House) (Letter, error) {
	return h.write(letter{
		subject: "Your account has another address now",
		preview: "This one no longer signs in.",
		title:   greet("Hello", a.Name) + " Your account at " + h.Paper.Name + " has another e-mail address now.",
		paras: []string{
			"You asked for it, and we changed it. Every device was signed out. This address no longer leads to the account, and this is the last letter about it that comes here.",
			"You did not ask? Then somebody else did in your name. Write to us at once" + reachedAt(h) + " and we put it right.",
		},
		foot: "You get this because this was the address of an account at " + h.home() + ".",
	})
}

// AddressHere tells an address that an account has it now.
type AddressHere struct{ Name string }

// Letter writes it.
func (a AddressHere) Letter(h House) (Letter, error) {
	return h.write(letter{
		subject: "This is the address of your account now",
		preview: "Sign in with it once, and everything is as it was.",
		title:   greet("Hello", a.Name) + " Your account at " + h.Paper.Name + " has this e-mail address now.",
		paras: []string{
			"You were signed out everywhere. Sign in with this address, by a code that we send here, and everything is as it was: your plan, your invoices and what you have read.",
			"You know nothing of it? Do nothing: nobody gets in without a code from this mailbox.",
		},
		button: "Sign in",
		link:   h.BaseURL + "/signin",
		foot:   "You get this because this address was given for an account at " + h.home() + ".",
	})
}

// Erased tells a reader that nothing is kept of them any more.
type Erased struct{ Name string }

// Letter writes it.
func (e Erased) Letter(h House) (Letter, error) {
	return h.write(letter{
		subject: "Your account has been erased",
		preview: "Nothing that names you is kept, but for invoices that the law wants.",
		title:   greet("Hello", e.Name) + " Your account at " + h.Paper.Name + " has been erased, as you asked.",
		paras: []string{
			"What you read, your mails, your devices and your name are gone, and you are no customer at our payment service any more. Invoices stay as long as the law of accounts wants them, without your name.",
			"This is our last letter.",
		},
		foot: "You get this because this was the address of an account at " + h.home() + ".",
	})
}

// reachedAt is where the publisher is reached, if the publication says so.
func reachedAt(h House) string {
	if h.Paper.Email == "" {
		return ""
	}
	return ", at " + h.Paper.Email + ","
}
