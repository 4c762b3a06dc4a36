-- +goose Up
-- Work to be done after a commit. run_at is paper time; free_at (the end of a
-- lease or of a pause after a failure) and ended_at are wall time.
CREATE TABLE jobs (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL UNIQUE,
    payload    TEXT NOT NULL,
    run_at     BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    holder     TEXT NOT NULL DEFAULT '',
    free_at    BIGINT NOT NULL DEFAULT 0,
    attempts   BIGINT NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    ended_at   BIGINT
);
CREATE INDEX jobs_waiting ON jobs (run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_ended ON jobs (state, ended_at) WHERE state <> 'waiting';
-- What the program has done once and need not do again, such as loading the
-- demo stories as they were then.
CREATE TABLE marks (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
-- +goose Down
DROP TABLE marks;
DROP TABLE jobs;
