package handlers

import (
	"encoding/json"
	"time"

	"broadsheet/news"
	"broadsheet/views"
)

// The story as search engines read it: https://schema.org/NewsArticle, with
// the marks for text that stands behind a wall,
// https://developers.google.com/search/docs/appearance/structured-data/paywalled-content
type articleLD struct {
	Context    string        `json:"@context"`
	Type       string        `json:"@type"`
	Headline   string        `json:"headline"`
	Summary    string        `json:"description,omitempty"`
	URL        string        `json:"mainEntityOfPage"`
	Published  string        `json:"datePublished"`
	Modified   string        `json:"dateModified"`
	Section    string        `json:"articleSection,omitempty"`
	Image      []string      `json:"image,omitempty"`
	Author     []thingLD     `json:"author"`
	Publisher  thingLD       `json:"publisher"`
	Language   string        `json:"inLanguage,omitempty"`
	Words      int           `json:"wordCount,omitempty"`
	Accessible bool          `json:"isAccessibleForFree"`
	Part       *accessibleLD `json:"hasPart,omitempty"`
}

type thingLD struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type accessibleLD struct {
	Type       string `json:"@type"`
	Accessible bool   `json:"isAccessibleForFree"`
	Selector   string `json:"cssSelector"`
}

// jsonLD describes a story. It carries nothing of the body.
func (s *Site) jsonLD(story news.Story) string {
	set := s.furniture.now()
	modified := story.Updated
	if modified.IsZero() {
		modified = story.Published
	}
	ld := articleLD{
		Context: "https://schema.org", Type: "NewsArticle", Headline: story.Headline, Summary: story.Standfirst,
		URL:       s.absolute(views.StoryPath(story.Slug)),
		Published: story.Published.In(set.zone).Format(time.RFC3339), Modified: modified.In(set.zone).Format(time.RFC3339),
		Section: story.Section.Name, Language: set.paper.Language, Words: story.Body.Words(),
		Author:     []thingLD{{"Person", story.Author.Name, s.absolute(views.AuthorPath(story.Author.Slug))}},
		Publisher:  thingLD{"NewsMediaOrganization", set.paper.Name, s.absolute("/")},
		Accessible: story.Access == news.Free || story.Access == news.Metered && s.furniture.now().rules.FreeSection(story.Section.Slug),
	}
	if story.Form == news.Opinion {
		ld.Type = "OpinionNewsArticle"
	}
	if story.Figure != nil {
		ld.Image = []string{s.absoluteFigure(story.Figure).Src}
	}
	if !ld.Accessible {
		ld.Part = &accessibleLD{"WebPageElement", false, ".story-body"}
	}
	out, err := json.Marshal(ld) // escapes <, > and &, so no text can end the script element
	if err != nil {
		return ""
	}
	return string(out)
}
