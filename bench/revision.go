package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// buildRevision builds the program as it was at a revision.
func buildRevision(ctx context.Context, revision, dir string) (string, error) {
	source, packed := filepath.Join(dir, "source"), filepath.Join(dir, "source.tar")
	if err := os.Mkdir(source, 0o755); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "base")
	for _, step := range []struct {
		dir  string
		args []string
	}{
		{".", []string{"git", "archive", "-o", packed, revision}},
		{source, []string{"tar", "-xf", packed}},
		{source, []string{"go", "build", "-trimpath", "-o", bin, "./cmd/broadsheet"}},
	} {
		cmd := exec.CommandContext(ctx, step.args[0], step.args[1:]...)
		cmd.Dir = step.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s of %s: %w\n%s", step.args[0], revision, err, out)
		}
	}
	return bin, nil
}
