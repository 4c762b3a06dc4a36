-- +goose Up
-- Readers no longer have a story that was withdrawn; its row stays, because
-- counts, past decisions and links rest on it.
ALTER TABLE stories ADD COLUMN hidden_at BIGINT;
-- What was wrong in it, as JSON, for its readers to see.
ALTER TABLE stories ADD COLUMN corrections TEXT NOT NULL DEFAULT '[]';
-- Addresses that a story had: they lead to the one that it has.
CREATE TABLE story_addresses (
    slug  TEXT PRIMARY KEY,
    story TEXT NOT NULL REFERENCES stories (id)
);
CREATE INDEX story_addresses_by_story ON story_addresses (story);
-- Stories as the desk works on them. The id is the story's, which may not be
-- there yet. Times are paper time.
CREATE TABLE manuscripts (
    id        TEXT PRIMARY KEY,
    doc       TEXT NOT NULL,
    headline  TEXT NOT NULL,
    section   TEXT NOT NULL,
    author    TEXT NOT NULL,
    access    TEXT NOT NULL,
    stage     TEXT NOT NULL,
    head      BIGINT NOT NULL,
    last      BIGINT NOT NULL,
    released  BIGINT NOT NULL,
    queued    BIGINT NOT NULL,
    queued_at BIGINT,
    stuck     TEXT NOT NULL,
    embargo   BIGINT,
    is_ready  BOOLEAN NOT NULL,
    is_gone   BOOLEAN NOT NULL,
    owner     TEXT NOT NULL,
    edited_by TEXT NOT NULL,
    edited_at BIGINT NOT NULL,
    version   BIGINT NOT NULL
);
CREATE INDEX manuscripts_by_time ON manuscripts (edited_at DESC, id DESC);
CREATE INDEX manuscripts_by_stage ON manuscripts (stage, edited_at DESC, id DESC);
CREATE INDEX manuscripts_by_owner ON manuscripts (owner, edited_at DESC, id DESC);
CREATE TABLE manuscript_revisions (
    manuscript TEXT NOT NULL REFERENCES manuscripts (id),
    number     BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    from_rev   BIGINT NOT NULL,
    by_id      TEXT NOT NULL,
    at         BIGINT NOT NULL,
    doc        TEXT NOT NULL,
    PRIMARY KEY (manuscript, number)
);
-- Who has a manuscript open, so that two who write on one story know. Wall time.
CREATE TABLE manuscript_readers (
    manuscript TEXT NOT NULL REFERENCES manuscripts (id),
    reader_id  TEXT NOT NULL REFERENCES readers (id),
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (manuscript, reader_id)
);
CREATE INDEX manuscript_readers_by_time ON manuscript_readers (seen_at);
-- Links that show an unpublished story to whoever has them. Paper time.
CREATE TABLE manuscript_links (
    token_hash TEXT PRIMARY KEY,
    manuscript TEXT NOT NULL REFERENCES manuscripts (id),
    reader_id  TEXT NOT NULL REFERENCES readers (id),
    from_at    BIGINT NOT NULL,
    to_at      BIGINT NOT NULL
);
CREATE INDEX manuscript_links_by_manuscript ON manuscript_links (manuscript, to_at);
-- What the desk set on the front page, and for how long.
CREATE TABLE front_picks (
    place   TEXT NOT NULL CHECK (place IN ('lead', 'second', 'pin')),
    story   TEXT NOT NULL REFERENCES stories (id),
    rank    BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at   BIGINT,
    PRIMARY KEY (place, story, from_at)
);
CREATE INDEX front_picks_now ON front_picks (to_at);
-- +goose Down
DROP TABLE front_picks;
DROP TABLE manuscript_links;
DROP TABLE manuscript_readers;
DROP TABLE manuscript_revisions;
DROP TABLE manuscripts;
DROP TABLE story_addresses;
ALTER TABLE stories DROP COLUMN corrections;
ALTER TABLE stories DROP COLUMN hidden_at;
