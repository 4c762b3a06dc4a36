package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/paywall"
)

// VisitorPool reads a device's pool: its reader's, once it has signed in.
func (db *DB) VisitorPool(ctx context.Context, visitor string) (paywall.Pool, error) {
	p, err := db.pool(ctx, visitor)
	if p.ID == "" {
		p.ID = visitor
	}
	return p, err
}

// ReaderPool reads a reader's pool: another account's, once this one was merged
// into it.
func (db *DB) ReaderPool(ctx context.Context, reader string) (paywall.Pool, error) {
	p, err := db.pool(ctx, reader)
	if p.ID == "" {
		p.ID = reader
	}
	p.Reader = true
	return p, err
}

// pool follows a row to the one that holds its counts.
func (db *DB) pool(ctx context.Context, id string) (paywall.Pool, error) {
	var p paywall.Pool
	var reader sql.NullString
	var counts string
	none, err := missing(db.r(ctx).QueryRowContext(ctx, `
		SELECT p.id, p.reader_id, p.counts, p.rev
		FROM meters d JOIN meters p ON p.id = coalesce(d.reader_id, d.id)
		WHERE d.id = $1`, id).Scan(&p.ID, &reader, &counts, &p.Rev))
	if err != nil || none {
		return paywall.Pool{}, err
	}
	p.Reader = reader.Valid
	p.Counts, err = parseCounts(counts)
	return p, err
}

// WriteGroup writes many pools in one transaction. Rows are touched in the
// order of their ids, networks before pools, so that groups of several
// instances cannot wait for each other in a circle.
func (db *DB) WriteGroup(ctx context.Context, group []paywall.Increment) ([]paywall.Outcome, error) {
	out := make([]paywall.Outcome, len(group))
	order := make([]int, len(group))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(group[a].Pool.ID, group[b].Pool.ID) })
	if !slices.ContainsFunc(group, func(i paywall.Increment) bool { return i.Network != "" }) {
		// One statement is a transaction by itself: two round trips fewer.
		return out, db.writePools(ctx, group, order, out)
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		admitted, err := db.admit(ctx, group, order, out)
		if err != nil {
			return err
		}
		if err := db.writePools(ctx, group, admitted, out); err != nil {
			return err
		}
		return db.giveBack(ctx, group, admitted, out)
	})
	return out, err
}

// writePools puts the pools at their new revision where the old one still
// stands, and marks the others stale.
func (db *DB) writePools(ctx context.Context, group []paywall.Increment, order []int, out []paywall.Outcome) error {
	if len(order) == 0 {
		return nil
	}
	args := make([]any, 0, 4*len(order))
	at := make(map[string]int, len(order))
	for _, i := range order {
		p := group[i].Pool
		args = append(args, p.ID, readerOf(p), formatCounts(p.Counts), p.Rev)
		at[p.ID], out[i] = i, paywall.Stale
	}
	err := db.returning(ctx, func(row *sql.Rows) error {
		var id string
		if err := row.Scan(&id); err != nil {
			return err
		}
		out[at[id]] = paywall.Written
		return nil
	}, `
		INSERT INTO meters (id, reader_id, counts, rev) VALUES `+tuples(len(order), 4)+`
		ON CONFLICT (id) DO UPDATE SET counts = excluded.counts, rev = excluded.rev
		WHERE meters.rev = excluded.rev - 1
		RETURNING id`, args...)
	if err != nil {
		return fmt.Errorf("write meters: %w", err)
	}
	return nil
}

func readerOf(p paywall.Pool) any {
	if p.Reader {
		return p.ID
	}
	return nil
}

// admit takes one place under its network's ceiling for each increment, and
// gives the indexes of those that got one.
func (db *DB) admit(ctx context.Context, group []paywall.Increment, order []int, out []paywall.Outcome) ([]int, error) {
	byNetwork := slices.Clone(order)
	slices.SortStableFunc(byNetwork, func(a, b int) int { return cmp.Compare(group[a].Network, group[b].Network) })
	refused := map[int]bool{}
	for _, i := range byNetwork {
		inc := group[i]
		if inc.Network == "" {
			continue
		}
		done, err := db.w(ctx).ExecContext(ctx, `
			INSERT INTO network_counts (network, day, n) VALUES ($1, $2, 1)
			ON CONFLICT (network) DO UPDATE SET n = network_counts.n + 1 WHERE network_counts.n < $3`,
			inc.Network, inc.Day, inc.Limit)
		if err != nil {
			return nil, fmt.Errorf("network ceiling: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil {
			return nil, err
		} else if n == 0 {
			out[i], refused[i] = paywall.Ceiling, true
		}
	}
	return slices.DeleteFunc(slices.Clone(order), func(i int) bool { return refused[i] }), nil
}

// giveBack returns the places of increments that turned out stale.
func (db *DB) giveBack(ctx context.Context, group []paywall.Increment, admitted []int, out []paywall.Outcome) error {
	for _, i := range admitted {
		if out[i] != paywall.Stale || group[i].Network == "" {
			continue
		}
		if _, err := db.w(ctx).ExecContext(ctx,
			`UPDATE network_counts SET n = n - 1 WHERE network = $1`, group[i].Network); err != nil {
			return fmt.Errorf("network ceiling: %w", err)
		}
	}
	return nil
}

// JoinPool moves a device's counts into its reader's pool and makes it follow
// that pool from then on, signed in or not.
func (db *DB) JoinPool(ctx context.Context, visitor, reader string) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		ids := []string{visitor, reader}
		slices.Sort(ids)
		for _, id := range ids {
			if err := db.makePool(ctx, id, reader); err != nil {
				return err
			}
		}
		if err := db.moveCounts(ctx, visitor, reader); err != nil {
			return err
		}
		_, err := db.w(ctx).ExecContext(ctx, `UPDATE meters SET reader_id = $2 WHERE id = $1`, visitor, reader)
		if err != nil {
			return fmt.Errorf("join pools: %w", err)
		}
		return nil
	})
}

// makePool makes a row if there is none, and in any case moves its revision:
// that locks it until the commit, and makes every count under way stale.
func (db *DB) makePool(ctx context.Context, id, reader string) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO meters (id, reader_id, counts, rev) VALUES ($1, $2, '', 1)
		ON CONFLICT (id) DO UPDATE SET rev = meters.rev + 1`, id, nullable(id == reader, reader))
	if err != nil {
		return fmt.Errorf("join pools: %w", err)
	}
	return nil
}

// lastOfEach keeps the latest count of each story, oldest first, so that a row
// that many devices are joined to holds no story twice.
func lastOfEach(counts []paywall.Count) []paywall.Count {
	latest := make(map[string]paywall.Count, len(counts))
	for _, c := range counts {
		if have, ok := latest[c.Story]; !ok || c.At.After(have.At) {
			latest[c.Story] = c
		}
	}
	return slices.SortedFunc(maps.Values(latest), func(x, y paywall.Count) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Story, y.Story))
	})
}

// moveCounts moves one row's counts to another, a reader's. Both are locked.
func (db *DB) moveCounts(ctx context.Context, from, reader string) error {
	var all []paywall.Count
	for _, id := range []string{reader, from} {
		var text string
		if err := db.r(ctx).QueryRowContext(ctx, `SELECT counts FROM meters WHERE id = $1`, id).Scan(&text); err != nil {
			return fmt.Errorf("move counts: %w", err)
		}
		counts, err := parseCounts(text)
		if err != nil {
			return err
		}
		all = append(all, counts...)
	}
	all = lastOfEach(all)
	if _, err := db.w(ctx).ExecContext(ctx, `UPDATE meters SET counts = '' WHERE id = $1`, from); err != nil {
		return fmt.Errorf("move counts: %w", err)
	}
	_, err := db.w(ctx).ExecContext(ctx, `UPDATE meters SET counts = $2, reader_id = id WHERE id = $1`, reader, formatCounts(all))
	if err != nil {
		return fmt.Errorf("move counts: %w", err)
	}
	return nil
}

// NetworkSalt is the day's salt, made by whoever asks first.
func (db *DB) NetworkSalt(ctx context.Context, day int64) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh)
	if _, err := db.w(ctx).ExecContext(ctx,
		`INSERT INTO network_salts (day, salt) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING`,
		day, base64.StdEncoding.EncodeToString(fresh)); err != nil {
		return nil, err
	}
	var kept string
	if err := db.r(ctx).QueryRowContext(ctx, `SELECT salt FROM network_salts WHERE day = $1`, day).Scan(&kept); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(kept)
}

// pruneBatch is how many rows one statement deletes: some milliseconds' worth.
const pruneBatch = 1000

// PruneNetworks deletes what was counted by network before the day, and the
// salts, after which nobody can tell who it was.
// It deletes in batches: nothing may hold the writer for long.
func (db *DB) PruneNetworks(ctx context.Context, before int64) error {
	if _, err := db.w(ctx).ExecContext(ctx, `DELETE FROM network_salts WHERE day < $1`, before); err != nil {
		return fmt.Errorf("prune networks: %w", err)
	}
	for {
		done, err := db.w(ctx).ExecContext(ctx, `
			DELETE FROM network_counts WHERE network IN (SELECT network FROM network_counts WHERE day < $1 LIMIT $2)`, before, pruneBatch)
		if err != nil {
			return fmt.Errorf("prune networks: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n < pruneBatch {
			return err
		}
	}
}

// formatCounts writes counts as "story:µs,story:µs".
func formatCounts(counts []paywall.Count) string {
	var b strings.Builder
	for i, c := range counts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.Story)
		b.WriteByte(':')
		b.WriteString(strconv.FormatInt(c.At.UnixMicro(), 10))
	}
	return b.String()
}

func parseCounts(s string) ([]paywall.Count, error) {
	if s == "" {
		return nil, nil
	}
	counts := make([]paywall.Count, 0, 1+strings.Count(s, ","))
	for part := range strings.SplitSeq(s, ",") {
		story, at, _ := strings.Cut(part, ":")
		us, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("meter row is damaged: %w", err)
		}
		counts = append(counts, paywall.Count{Story: story, At: time.UnixMicro(us).UTC()})
	}
	return counts, nil
}

// tuples writes n groups of placeholders of that width: ($1,$2),($3,$4).
func tuples(n, width int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		for j := range width {
			b.WriteByte("(,"[min(j, 1)])
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(i*width + j + 1))
		}
		b.WriteByte(')')
	}
	return b.String()
}

func nullable(ok bool, s string) any {
	if ok {
		return s
	}
	return nil
}
