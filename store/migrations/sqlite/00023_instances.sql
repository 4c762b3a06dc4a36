-- +goose Up
-- The processes that serve this paper: each says every minute that it lives.
-- Wall time.
CREATE TABLE instances (
    id         TEXT PRIMARY KEY,
    host       TEXT NOT NULL,
    version    TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
-- +goose Down
DROP TABLE instances;
