-- +goose Up
-- The name as the desk looks for it: without case and accents. The program writes
-- it; of names that were there before only the case is folded until they change.
ALTER TABLE readers ADD COLUMN name_form TEXT NOT NULL DEFAULT '';
UPDATE readers SET name_form = lower(name) WHERE name <> '';
CREATE INDEX readers_by_name ON readers (name_form, id) WHERE name_form <> '';
CREATE INDEX readers_by_email ON readers (email_form, id);
-- Mails that left, or never will, by the job that sent them: what they were
-- called, and nothing of what they said. A letter can be written anew from the
-- job that wrote it, which names things by their ids. Paper time.
CREATE TABLE letters (
    id        TEXT PRIMARY KEY,
    reader_id TEXT NOT NULL REFERENCES readers (id),
    key       TEXT NOT NULL,
    email     TEXT NOT NULL,
    subject   TEXT NOT NULL,
    kind      TEXT NOT NULL,
    cause     TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('sent', 'failed')),
    error     TEXT NOT NULL,
    at        BIGINT NOT NULL
);
CREATE INDEX letters_by_reader ON letters (reader_id, at DESC, id DESC);
-- +goose Down
DROP TABLE letters;
DROP INDEX readers_by_email;
DROP INDEX readers_by_name;
ALTER TABLE readers DROP COLUMN name_form;
