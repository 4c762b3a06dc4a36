-- +goose Up
-- Who reads. The form is the address in the shape in which two spellings of one
-- mailbox are equal; the e-mail is as its owner typed it.
CREATE TABLE readers (
    id          TEXT PRIMARY KEY,
    email       TEXT NOT NULL,
    email_form  TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    verified_at BIGINT,
    -- Made by a purchase before the address was proven, and its owner has not
    -- yet been shown what was bought.
    bought      BOOLEAN NOT NULL,
    erased      BOOLEAN NOT NULL
);
-- Who was of the desk, and when: a past preview must stay explicable.
CREATE TABLE staff (
    reader_id TEXT NOT NULL REFERENCES readers (id),
    role      TEXT NOT NULL CHECK (role IN ('owner', 'editor', 'author', 'moderator', 'circulation', 'support')),
    from_at   BIGINT NOT NULL,
    to_at     BIGINT,
    PRIMARY KEY (reader_id, from_at)
);
CREATE UNIQUE INDEX staff_now ON staff (reader_id) WHERE to_at IS NULL;
-- One code for an address: a new one replaces the old. Wall time.
CREATE TABLE signin_codes (
    email_form  TEXT PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    email       TEXT NOT NULL,
    code_mac    TEXT NOT NULL,
    link_mac    TEXT NOT NULL UNIQUE,
    return_path TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    used_at     BIGINT
);
CREATE INDEX signin_codes_by_end ON signin_codes (expires_at);
-- Browsers that are signed in. Only a token's hash is kept. Wall time.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    reader_id  TEXT NOT NULL REFERENCES readers (id),
    unverified BOOLEAN NOT NULL,
    agent      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_reader ON sessions (reader_id, seen_at DESC);
CREATE INDEX sessions_by_end ON sessions (expires_at);
-- What was taken of a limit in its present period. The key is hashed: the table
-- tells nobody which address or network it counts. Wall time.
CREATE TABLE throttles (
    key       TEXT PRIMARY KEY,
    taken     BIGINT NOT NULL,
    resets_at BIGINT NOT NULL
);
CREATE INDEX throttles_by_end ON throttles (resets_at);
-- +goose Down
DROP TABLE throttles;
DROP TABLE sessions;
DROP TABLE signin_codes;
DROP TABLE staff;
DROP TABLE readers;
