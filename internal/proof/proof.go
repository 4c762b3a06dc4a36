// Package proof sizes the long drills. Every drill runs in each test run at a
// small size, so that it cannot rot; with PROOF=1 (make proof) it runs in full.
// The package knows sizes only, not what a drill does with them.
package proof

import "os"

// Full reports whether drills run in full.
func Full() bool { return os.Getenv("PROOF") == "1" }

// Size is full under make proof and small otherwise.
func Size[T any](small, full T) T {
	if Full() {
		return full
	}
	return small
}
