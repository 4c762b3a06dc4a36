package views

import "broadsheet/desk"

// DoorPage asks a member for the second factor that opens the desk.
type DoorPage struct {
	DeskFrame
	Factors       desk.Factors
	Passkeys      bool   // they work at this address
	Recovering    bool   // asks for a recovery code
	Error         string // what is wrong with what was typed
	Code          string // what was typed
	Return        string
	Lost          bool // a form was sent when the desk had closed: nothing came of it
	InBox         bool // development: the code lies in the mailbox
	PasskeyFailed string
}

// EnrolPage sets a second factor up, the first one or another.
type EnrolPage struct {
	DeskFrame
	App           *desk.Enrolment // nil offers none: there is one already
	Passkeys      bool
	First         bool
	Error         string
	Code          string
	Return        string
	Action        string // where the code goes
	PasskeyFailed string
}

// CodesPage shows new recovery codes, once.
type CodesPage struct {
	DeskFrame
	Codes []string
	Next  string
}

// YouPage is a member's own second factors.
type YouPage struct {
	DeskFrame
	Factors  desk.Factors
	Passkeys bool // they work at this address
	Error    string
}

// removable reports whether a factor may go: never the last.
func (p YouPage) removable() bool { return p.Factors.Count() > 1 }

func keyName(k desk.Passkey) string { return firstOf(k.Name, "A passkey") }

func methodName(m desk.Method) string {
	switch m {
	case desk.ByPasskey:
		return "a passkey"
	case desk.ByRecovery:
		return "a recovery code"
	}
	return "an authenticator app"
}

// passkeyAsk is a form that the script fills in.
type passkeyAsk struct {
	purpose string // "make" or "sign"
	ask     string // where the script asks what is to be signed
	action  string // where the answer goes
	back    string
	button  string
	failed  string // said at once: what went wrong before
	plain   bool   // an outlined button: something else comes first
	name    bool   // asks what to call it
}

// qrBox is the viewBox of a QR code with the quiet zone that readers need.
func qrBox(q desk.QR) string {
	side := itoa(q.Size + 8)
	return "-4 -4 " + side + " " + side
}

func recoveryLink(back string) string { return withReturn(DeskRecoveryPath, back) }

func doorHint(p DoorPage) string {
	if p.InBox {
		return "This is a development paper: the code lies in the mailbox at /_mail too."
	}
	return "They change every half minute."
}

func recoveryLeft(n int) string {
	if n == 0 {
		return "None left"
	}
	return sentence(number(n)) + " of ten left"
}
