package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"broadsheet/reader"
)

func staff(ctx context.Context, w world, args []string) error {
	var roles []string
	for _, r := range reader.Roles {
		roles = append(roles, string(r))
	}
	f := newFlags(w, "staff", "staff add EMAIL --role ROLE", `
Gives the account of an address a role at the desk, and makes the account if
there is none. The role holds once its owner has signed in by mail and, at the
newsroom, has set up a second factor. A change of role ends their sessions.`)
	name := f.String("role", "", "one of "+strings.Join(roles, ", "))
	rest, err := f.parse(args, 2, 2)
	if err != nil {
		return err
	}
	if rest[0] != "add" {
		return f.wrong("staff cannot %q; it can add", rest[0])
	}
	role, ok := reader.ParseRole(*name)
	if !ok {
		return f.wrong("--role must be one of %s", strings.Join(roles, ", "))
	}
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	changed, err := b.addStaff(ctx, rest[1], role)
	if err := errors.Join(err, b.close()); err != nil {
		return err
	}
	if !changed {
		fmt.Fprintf(w.stdout, "%s was %s already.\n", rest[1], role)
		return nil
	}
	fmt.Fprintf(w.stdout, "%s is %s from now on.\n", rest[1], role)
	return nil
}
