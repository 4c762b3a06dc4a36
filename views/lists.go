package views

import "broadsheet/news"

// SectionPage is a section of the paper, newest story first.
type SectionPage struct {
	Frame
	Section news.Section // Frame.Section is its slug
	Teasers []news.Teaser
	Next    string // address of the older stories; "" on the last page
}

// AuthorPage is a writer and what they wrote, newest first.
type AuthorPage struct {
	Frame
	Author  news.Author
	Teasers []news.Teaser
	Next    string // address of the older stories; "" on the last page
}

// SearchPage is the form and what it found. An empty Query shows the form alone.
type SearchPage struct {
	Frame
	Query   string
	Results []news.Teaser
	Next    string // address of further results; "" on the last page
}

// TextPage is a page about the paper itself.
type TextPage struct {
	Frame
	Page news.Page
}
