-- +goose Up
-- What the paper prints. Times are microseconds UTC since 1970.
CREATE TABLE publication (
    id  BIGINT PRIMARY KEY CHECK (id = 1),
    doc TEXT NOT NULL
);
-- Grows with every change of anything in this file that a page can show, in
-- the transaction that makes the change: whoever keeps finished pages asks it.
CREATE TABLE news_version (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO news_version (id, version) VALUES (1, 1);
CREATE TABLE sections (
    slug        TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    position    BIGINT NOT NULL
);
CREATE TABLE authors (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    bio  TEXT NOT NULL
);
CREATE TABLE stories (
    id           TEXT PRIMARY KEY,
    slug         TEXT NOT NULL UNIQUE,
    headline     TEXT NOT NULL,
    standfirst   TEXT NOT NULL,
    kicker       TEXT NOT NULL,
    section      TEXT NOT NULL REFERENCES sections (slug),
    author       TEXT NOT NULL REFERENCES authors (slug),
    form         TEXT NOT NULL,
    access       TEXT NOT NULL CHECK (access IN ('free', 'metered', 'subscribers')),
    published_at BIGINT NOT NULL,
    updated_at   BIGINT,
    figure       TEXT,
    body         TEXT NOT NULL,
    source       TEXT NOT NULL,
    origin       TEXT NOT NULL,
    related      TEXT NOT NULL,
    words        BIGINT NOT NULL,
    version      BIGINT NOT NULL
);
CREATE INDEX stories_by_time ON stories (published_at DESC, id DESC);
CREATE INDEX stories_by_section ON stories (section, published_at DESC, id DESC);
CREATE INDEX stories_by_author ON stories (author, published_at DESC, id DESC);
-- Which access a story had, and when: a past decision must stay explicable.
CREATE TABLE story_access (
    story   TEXT NOT NULL REFERENCES stories (id),
    access  TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at   BIGINT,
    PRIMARY KEY (story, from_at)
);
CREATE TABLE pages (
    slug       TEXT PRIMARY KEY,
    position   BIGINT NOT NULL,
    title      TEXT NOT NULL,
    standfirst TEXT NOT NULL,
    body       TEXT NOT NULL
);
-- The words by which a story is found: of its heads, and of the part of its
-- body that a closed gate shows. What is closed cannot be found out by asking.
-- SQLite orders by bytes, so a word's beginning is one range.
CREATE TABLE story_terms (
    term  TEXT NOT NULL,
    story TEXT NOT NULL REFERENCES stories (id),
    PRIMARY KEY (term, story)
);
CREATE INDEX story_terms_by_story ON story_terms (story);
-- Reads by story and paper day, for "most read".
CREATE TABLE story_reads (
    story TEXT NOT NULL REFERENCES stories (id),
    day   BIGINT NOT NULL,
    reads BIGINT NOT NULL,
    PRIMARY KEY (day, story)
);
-- +goose Down
DROP TABLE story_reads;
DROP TABLE story_terms;
DROP TABLE pages;
DROP TABLE story_access;
DROP TABLE stories;
DROP TABLE authors;
DROP TABLE sections;
DROP TABLE news_version;
DROP TABLE publication;
