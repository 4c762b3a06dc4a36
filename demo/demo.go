// Package demo holds the demonstration newspaper, The Meridian: a fictional
// weekly with its stories, people, pictures and prices, all written and drawn
// for this project. A fresh development start loads it through the same
// importer that a publisher's own stories take.
//
// The package knows text and pictures only. It refuses to know what reads
// them: it parses nothing, imports no other room, and no code outside it may
// depend on the paper's name or on any one story being there.
package demo

import "embed"

// Files is the demo publication:
//
//   - publication.yaml, the paper as data: name, colours, sections, authors,
//     plans with prices in minor units (cents), front page;
//   - stories/*.md, one story a file, Markdown under YAML front matter, the
//     file's name being the story's slug;
//   - pages/*.md, the paper's own pages in the same form;
//   - img/*.svg, every picture that the others name, relative to their folder.
//
//go:embed publication.yaml pages stories img
var Files embed.FS
