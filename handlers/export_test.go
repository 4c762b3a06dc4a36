package handlers

// PartSitemaps lets a sitemap list fewer stories than the protocol allows.
func PartSitemaps(s *Site, stories int) { s.documents.part = stories }
