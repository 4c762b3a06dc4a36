package news

// Publication is the paper itself, as data: nothing in the program knows its
// name. It is imported from a folder's publication.yaml and kept as one row.
type Publication struct {
	Name        string  `yaml:"name" json:"name"`
	Tagline     string  `yaml:"tagline" json:"tagline"`
	Description string  `yaml:"description" json:"description"`
	Language    string  `yaml:"language" json:"language"`     // BCP 47
	Timezone    string  `yaml:"timezone" json:"timezone"`     // IANA name; days on pages are of this zone
	Currency    string  `yaml:"currency" json:"currency"`     // ISO 4217, lower case
	Email       string  `yaml:"email" json:"email"`           // where readers write to
	Address     string  `yaml:"address" json:"address"`       // postal, lines split by \n
	Publisher   string  `yaml:"publisher" json:"publisher"`   // the legal person
	Wordmark    string  `yaml:"wordmark" json:"wordmark"`     // inline SVG of the name; "" sets the name in type
	Icon        string  `yaml:"icon" json:"icon"`             // address below /media/
	Cover       *Figure `yaml:"cover" json:"cover,omitempty"` // this week's cover; nil for none
	Accent      Accent  `yaml:"accent" json:"accent"`
	Promise     Note    `yaml:"promise" json:"promise"` // the house box about what the paper promises
	AINote      Note    `yaml:"ai_note" json:"ai_note"` // how the newsroom uses AI, with a link
	Strip       Note    `yaml:"strip" json:"strip"`     // the subscribe strip on the front page
	Disclaimer  string  `yaml:"disclaimer" json:"disclaimer"`
	Edition     struct {
		Number int    `yaml:"number" json:"number"`
		Day    string `yaml:"day" json:"day"`
	} `yaml:"edition" json:"edition"`
	// Stated: the paper says which sections it has. Until it does, its stories name them.
	Stated bool `yaml:"-" json:"stated,omitempty"`
	Front  struct {
		Lead      string   `yaml:"lead" json:"lead"`           // slug
		Secondary []string `yaml:"secondary" json:"secondary"` // slugs
	} `yaml:"front" json:"front"`
}

// Accent is the one colour of the paper, #rrggbb, on light and on dark paper.
type Accent struct {
	Light string `yaml:"light" json:"light"`
	Dark  string `yaml:"dark" json:"dark"`
}

// Note is a short text of the house, perhaps with a link.
type Note struct {
	Title string `yaml:"title" json:"title"`
	Text  string `yaml:"text" json:"text"`
	Link  string `yaml:"link" json:"link"`
}

// Page is a page about the paper itself: privacy, terms, how we count.
type Page struct {
	Slug, Title, Standfirst string
	Position                int // order in the footer, from 0
	Body                    Body
}
