-- +goose Up
-- A change of a subscription that has not happened yet, as JSON; '' is none.
ALTER TABLE subscriptions ADD COLUMN coming TEXT NOT NULL DEFAULT '';
-- Changes of plan and interval that readers asked for, by the id of the preview
-- that they agreed to: each happens once.
CREATE TABLE plan_changes (
    id           TEXT PRIMARY KEY,
    reader_id    TEXT NOT NULL REFERENCES readers (id),
    subscription TEXT NOT NULL REFERENCES subscriptions (id),
    from_plan    TEXT NOT NULL,
    to_plan      TEXT NOT NULL,
    every        TEXT NOT NULL,
    timing       TEXT NOT NULL,
    uncancel     BOOLEAN NOT NULL,
    amount       BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    invoice      TEXT NOT NULL,
    state        TEXT NOT NULL,
    decline      TEXT NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX plan_changes_by_reader ON plan_changes (reader_id, at DESC, id DESC);
-- +goose Down
DROP TABLE plan_changes;
ALTER TABLE subscriptions DROP COLUMN coming;
