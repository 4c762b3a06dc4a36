package views

// ToolPage is one thing that the desk can do for a reader, as a form.
type ToolPage struct {
	DeskFrame
	Heading string
	Says    []string
	Action  string
	Fields  []Field
	Choice  *Select // before the fields; nil for none
	Hidden  []Hidden
	Yes     string // the verb
	Back    string
	Bad     bool
	Error   string // what could not be done
}

// Tool is a line of what can be done for a reader.
type Tool struct {
	Label, Text, Href, Do string // Do is the verb of the link
	Post                  bool   // a button at once, since it can be done again
}
