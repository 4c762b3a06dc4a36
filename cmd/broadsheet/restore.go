package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"broadsheet/internal/archive"
	"broadsheet/internal/clock"
	"broadsheet/internal/config"
	"broadsheet/store"
)

func restore(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "restore", "restore FILE [--force]", `
Puts a backup back: the database where DATABASE_URL points, the pictures into
MEDIA_DIR. The archive may come from SQLite or from PostgreSQL, and from an
older program, whose database is brought up to this one. The new database is
built beside the old one and compared with the archive row by row before it
takes its place, so that a restore that fails changes nothing. It refuses while
a paper runs on the database, and where there is a paper already.`)
	force := f.Bool("force", false, "restore over a paper; the old one is kept beside it")
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	conf, err := settings(w)
	if err != nil {
		return err
	}
	r, err := openBackup(rest[0])
	if err != nil {
		return err
	}
	kept, err := restoreFrom(ctx, conf, r, *force)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	m := r.Manifest
	fmt.Fprintf(w.stdout, "Restored %d rows and %d pictures of %s.\n", m.Rows(), m.Media(), m.Made.Format(time.RFC3339))
	if kept != "" {
		fmt.Fprintf(w.stdout, "What was there is kept: %s\n", kept)
	}
	return nil
}

// restoreFrom looks before it builds, and builds before it touches.
func restoreFrom(ctx context.Context, conf config.Config, r *archive.Reader, force bool) (kept string, err error) {
	if err := makeFolder(conf); err != nil {
		return "", err
	}
	address := conf.Database.Reveal()
	held, err := store.HoldingOf(ctx, address)
	if err != nil {
		return "", err
	}
	if held == store.Paper && !force {
		return "", errors.New("there is a paper here already, and it was left alone: set DATABASE_URL to an empty place, or use --force, which keeps the old one beside the new")
	}
	if err := r.Check(ctx); err != nil {
		return "", err
	}
	stamp := strings.ReplaceAll(clock.Wall{}.Now().Format("20060102T150405.000000"), ".", "")
	site, err := store.OpenSite(ctx, address, stamp)
	if err != nil {
		return "", inUse(err)
	}
	if err := fill(ctx, site.DB, r); err != nil {
		return "", errors.Join(err, site.Discard(context.WithoutCancel(ctx)))
	}
	if err := putPictures(ctx, conf.MediaDir, stamp, r); err != nil {
		return "", errors.Join(err, site.Discard(context.WithoutCancel(ctx)))
	}
	kept, err = site.Settle(ctx)
	if err != nil {
		return "", errors.Join(inUse(err), site.Discard(context.WithoutCancel(ctx)))
	}
	return kept, nil
}

func inUse(err error) error {
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("a paper, or another program, has the database open, and nothing was changed: stop it and try again (%w)", err)
	}
	return err
}

// putPictures adds the archive's pictures to a folder. A picture that is there
// already stays; one of the same name with another content is set aside.
// A name is a hash of its content, so that is one that has decayed.
func putPictures(ctx context.Context, dir, stamp string, r *archive.Reader) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Names from an archive lead nowhere out of this folder, through links either.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	err = r.Pictures(ctx, func(name string, content io.Reader) error {
		return putPicture(root, filepath.FromSlash(name), stamp, content)
	})
	return errors.Join(err, root.Close())
}

func putPicture(root *os.Root, name, stamp string, content io.Reader) (err error) {
	if parent := filepath.Dir(name); parent != "." {
		if err := root.MkdirAll(parent, 0o700); err != nil {
			return err
		}
	}
	part := filepath.Join(filepath.Dir(name), ".restoring-"+stamp)
	out, err := root.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, root.Remove(part))
	}
	same, err := sameContent(root, part, name)
	if err != nil {
		return errors.Join(err, root.Remove(part))
	}
	if same {
		return root.Remove(part)
	}
	if err := root.Rename(name, name+".before-"+stamp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, root.Remove(part))
	}
	return root.Rename(part, name)
}

// sameContent reports whether two files of a folder are equal; a file that is
// not there equals none.
func sameContent(root *os.Root, a, b string) (bool, error) {
	sums := [2]string{}
	for i, name := range []string{a, b} {
		f, err := root.Open(name)
		if i == 1 && errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		sum, err := sumOf(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return false, err
		}
		sums[i] = sum
	}
	return sums[0] == sums[1], nil
}

func sumOf(in io.Reader) (string, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, in)
	return string(sum.Sum(nil)), err
}
