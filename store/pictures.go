package store

import (
	"context"
	"time"

	"broadsheet/news"
)

// AddPicture keeps what an uploaded picture is. The same one again changes
// nothing.
func (db *DB) AddPicture(ctx context.Context, f news.Figure, by string, at time.Time) error {
	_, err := db.touched(ctx, "add picture", `
		INSERT INTO pictures (src, width, height, widths, by_id, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (src) DO NOTHING`,
		f.Src, f.Width, f.Height, f.Set, by, stamp(at))
	return err
}

// Picture finds an uploaded picture by its address; false if it wasn't uploaded.
func (db *DB) Picture(ctx context.Context, src string) (news.Figure, bool, error) {
	f := news.Figure{Src: src}
	err := db.r(ctx).QueryRowContext(ctx, `SELECT width, height, widths FROM pictures WHERE src = $1`, src).Scan(&f.Width, &f.Height, &f.Set)
	none, err := missing(err)
	return f, !none && err == nil, err
}
