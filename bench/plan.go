package main

import (
	"fmt"
	"os"
	"path/filepath"

	"broadsheet/internal/pgtest"
)

// cell is one line of the table: what is asked for, by whom, and over how many
// connections.
type cell struct {
	engine      string
	row         string
	connections int
	brotli      bool
	visitors    int
}

func (c cell) name() string {
	return fmt.Sprintf("%s, %s, %d connections, %s, %d visitors", c.row, c.engine, c.connections, c.encoding(), c.visitors)
}

func (c cell) encoding() string {
	if c.brotli {
		return "br"
	}
	return "identity"
}

// key names the requests of a cell: they are the same for any number of
// connections.
func (c cell) key() rowKey { return rowKey{c.row, c.brotli, c.visitors} }

type rowKey struct {
	row      string
	brotli   bool
	visitors int
}

// The rows. Every first count is durable before it is answered, and so is every
// webhook.
const (
	reRead     = "open, re-read"
	closed     = "closed"
	firstCount = "first count"
	subscriber = "subscriber"
	front      = "front page"
	feed       = "feed"
	signIn     = "sign-in"
	webhook    = "webhook"
)

const manyVisitors = 1000

// engine is a database that the paper runs on.
type engine struct {
	name      string
	databases func(n int, dir string) (urls []string, stop func(), err error)
	cells     func() []cell
}

var engines = []engine{
	{"SQLite", sqliteFiles, func() []cell {
		var all []cell
		for _, row := range []string{reRead, closed, firstCount, subscriber, front, feed, signIn, webhook} {
			for _, n := range []int{1, 16, 64} {
				all = append(all, cell{"SQLite", row, n, false, 1})
			}
		}
		for _, row := range []string{reRead, closed, subscriber, front} {
			all = append(all, cell{"SQLite", row, 16, true, 1})
		}
		for _, row := range []string{reRead, closed} {
			all = append(all, cell{"SQLite", row, 16, false, manyVisitors})
		}
		return all
	}},
	{"PostgreSQL", postgresDatabases, func() []cell {
		var all []cell
		for _, row := range []string{reRead, closed, firstCount, subscriber, signIn, webhook} {
			all = append(all, cell{"PostgreSQL", row, 16, false, 1})
		}
		return all
	}},
}

func sqliteFiles(n int, dir string) (urls []string, stop func(), err error) {
	for i := range n {
		urls = append(urls, "sqlite://"+filepath.Join(dir, fmt.Sprint("paper-", i), "data", "paper.db"))
	}
	return urls, func() {}, os.MkdirAll(dir, 0o755)
}

// postgresDatabases starts a cluster of our own, with settings as in production
// where a commit is concerned.
func postgresDatabases(n int, dir string) (urls []string, stop func(), err error) {
	cluster, err := pgtest.Start()
	if err != nil {
		return nil, nil, err
	}
	for i := range n {
		name := fmt.Sprint("paper", i)
		if err := cluster.Create(name); err != nil {
			cluster.Stop()
			return nil, nil, err
		}
		urls = append(urls, cluster.URL(name))
	}
	return urls, cluster.Stop, os.MkdirAll(dir, 0o755)
}
