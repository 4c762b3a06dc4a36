// Package views draws the paper's pages: one typed struct and one templ component for each, on a frame that they share.
// A view is given all that it shows and decides only how that looks and reads. It knows the types of the subjects and
// the addresses of the paper. It refuses to know where anything comes from: it reads no clock, no database, no request,
// and it is never handed what a reader may not see (a story's page gets the part that paywall.Cut let through, not the
// story). Everything is escaped; the only markup taken as it is has the type news.HTML, made by the sanitiser, and the
// publication's drawn name, which its owner imports.
//
// No page needs script. The script that is loaded only makes some of them more comfortable.
package views

//go:generate go tool -modfile=../tools/go.mod templ generate
