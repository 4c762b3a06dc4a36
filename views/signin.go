package views

// SignInPage asks for an address: to sign in, or to register, which begin alike.
type SignInPage struct {
	Frame
	Email  string // what was typed
	Error  string // what is wrong with it; "" for nothing
	Return string // local path to come back to
	Why    string // why the reader is asked: "Sign in first: this address has an account."; "" for no reason
}

// CodePage asks for the six digits that were sent.
type CodePage struct {
	Frame
	Email  string // where they were sent to
	Code   string // what was typed
	Error  string
	Return string
	Token  string // names the row of the code, not the code; hidden in the form
}

// LinkPage is what the link in a mail opens. Opening it changes nothing, since programs that look through mail open
// links too; its button signs in.
type LinkPage struct {
	Frame
	Token  string
	Email  string // whom it signs in; "" when it isn't said
	Return string
}
