package store

import (
	"context"
	"fmt"

	"broadsheet/news"
)

// SaveSection makes or changes a section.
func (db *DB) SaveSection(ctx context.Context, s news.Section) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO sections (slug, name, description, position) VALUES ($1, $2, $3, $4)
		ON CONFLICT (slug) DO UPDATE SET name = excluded.name, description = excluded.description, position = excluded.position`,
		s.Slug, s.Name, s.Description, s.Position)
	if err != nil {
		return fmt.Errorf("save section %s: %w", s.Slug, err)
	}
	return nil
}

// Sections lists the sections in the order of the navigation.
func (db *DB) Sections(ctx context.Context) ([]news.Section, error) {
	rows, err := db.r(ctx).QueryContext(ctx, `SELECT slug, name, description, position FROM sections ORDER BY position, slug`)
	if err != nil {
		return nil, fmt.Errorf("sections: %w", err)
	}
	defer rows.Close()
	var all []news.Section
	for rows.Next() {
		var s news.Section
		if err := rows.Scan(&s.Slug, &s.Name, &s.Description, &s.Position); err != nil {
			return nil, fmt.Errorf("sections: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
