// Package journey holds what spans rooms: signing in, which proves an address,
// opens an account and brings a device's reads into it; buying; and what is kept
// of a reader in every room at once. It knows the order in which the subjects
// act and which of their steps stand or fall together. It refuses to know how
// any of them decides, how a page looks, and how a row is stored.
package journey
