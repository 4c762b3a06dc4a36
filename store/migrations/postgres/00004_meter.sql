-- +goose Up
-- The meter: one row per device or reader, with its recent counts. A device
-- that signed in carries its reader's id and has its counts in that row.
CREATE TABLE meters (
    id        TEXT PRIMARY KEY,
    reader_id TEXT,
    counts    TEXT NOT NULL,
    rev       BIGINT NOT NULL
);
CREATE INDEX meters_by_reader ON meters (reader_id) WHERE reader_id IS NOT NULL;
-- Counts a day by network, under a hash whose salt is deleted with them.
CREATE TABLE network_salts (
    day  BIGINT PRIMARY KEY,
    salt TEXT NOT NULL
);
CREATE TABLE network_counts (
    network TEXT PRIMARY KEY,
    day     BIGINT NOT NULL,
    n       BIGINT NOT NULL
);
CREATE INDEX network_counts_by_day ON network_counts (day);
-- The gate's rules and when they held.
CREATE TABLE gate_rules (
    from_at BIGINT PRIMARY KEY,
    to_at   BIGINT,
    doc     TEXT NOT NULL
);
-- Links that open one story to whoever has them.
CREATE TABLE gift_links (
    token_hash TEXT PRIMARY KEY,
    story      TEXT NOT NULL REFERENCES stories (id),
    reader_id  TEXT NOT NULL,
    from_at    BIGINT NOT NULL,
    to_at      BIGINT NOT NULL
);
CREATE INDEX gift_links_by_reader ON gift_links (reader_id);
-- +goose Down
DROP TABLE gift_links;
DROP TABLE gate_rules;
DROP TABLE network_counts;
DROP TABLE network_salts;
DROP TABLE meters;
