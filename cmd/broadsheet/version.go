package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

func version(_ context.Context, w world, args []string) error {
	f := newFlags(w, "version", "version", "Says which program this is: its version, the commit it was built from and Go's version.")
	if _, err := f.parse(args, 0, 0); err != nil {
		return err
	}
	info, _ := debug.ReadBuildInfo()
	goVersion := "unknown"
	if info != nil {
		goVersion = info.GoVersion
	}
	fmt.Fprintf(w.stdout, "broadsheet %s (%s)\n", programVersion(), goVersion)
	return nil
}

// programVersion is the version that the build wrote down: a release's, or the
// commit with a mark when the tree had changes.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	var commit, changed string
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+changes"
			}
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	if commit == "" {
		return "devel"
	}
	return commit + changed
}
