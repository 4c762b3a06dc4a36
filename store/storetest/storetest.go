// Package storetest is the one conformance suite of the store: what the
// subjects may rely on, run on every engine. Each subject has a file here.
package storetest

import (
	"context"
	"errors"
	"testing"

	"broadsheet/store"
)

// Migrate brings the database at url up to this program, for pgtest.Prepare.
func Migrate(url string) error {
	db, err := store.Open(context.Background(), url)
	if err != nil {
		return err
	}
	_, err = db.Migrate(context.Background())
	return errors.Join(err, db.Close())
}

// Opener gives a test a fresh, migrated database that closes with the test.
type Opener func(t *testing.T) *store.DB

type part struct {
	name string
	run  func(t *testing.T, open Opener)
}

// parts is filled in by one file per subject.
func parts() []part {
	return []part{
		{"tx", testTx},
		{"readers", testReaders},
		{"codes", testCodes},
		{"throttle", testThrottle},
		{"sessions", testSessions},
		{"personal", testPersonal},
		{"jobs", testJobs},
		{"house", testHouse},
		{"finding readers", testFinding},
		{"vitals", testVitals},
		{"instances", testInstances},
		{"desk", testDesk},
		{"news", testNews},
		{"editing", testEditing},
		{"meter", testMeter},
		{"billing", testBilling},
		{"terms", testTerms},
		{"changes", testChanges},
		{"gifts", testGifts},
		{"plans", testPlans},
		{"back", testBack},
	}
}

// Run runs the whole suite on the engine that open gives.
func Run(t *testing.T, open Opener) {
	for _, p := range parts() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.run(t, open)
		})
	}
}
