package handlers

import (
	"context"

	"broadsheet/desk"
)

// PartSitemaps lets a sitemap list fewer stories than the protocol allows.
func PartSitemaps(s *Site, stories int) { s.documents.part = stories }

// Flush writes down what is counted in memory.
func Flush(ctx context.Context, s *Site) { s.flushCounts(ctx) }

// TokenHash is how a session's token is kept.
func TokenHash(token string) string { return tokenHash(token) }

// DeskRoute is a line of the newsroom's table, for tests that walk it.
type DeskRoute struct {
	Method, Path string
	May          desk.Permission
	Door         bool // leads to the second factor
}

// DeskRoutes is the newsroom's table.
func (s *Site) DeskRoutes() []DeskRoute {
	var all []DeskRoute
	for _, r := range s.newsroomRoutes() {
		all = append(all, DeskRoute{r.method, r.path, r.may, r.strong == atDoor})
	}
	return all
}
