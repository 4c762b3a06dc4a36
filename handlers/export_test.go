package handlers

// PartSitemaps lets a sitemap list fewer stories than the protocol allows.
func PartSitemaps(s *Site, stories int) { s.documents.part = stories }

// TokenHash is how a session's token is kept.
func TokenHash(token string) string { return tokenHash(token) }
