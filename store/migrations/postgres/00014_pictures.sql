-- +goose Up
-- Pictures that the desk uploaded: the copy that a page names, and its others.
CREATE TABLE pictures (
    src    TEXT PRIMARY KEY,
    width  BIGINT NOT NULL,
    height BIGINT NOT NULL,
    widths TEXT NOT NULL,
    by_id  TEXT NOT NULL,
    at     BIGINT NOT NULL
);
-- How often a story was read, over all days.
CREATE INDEX story_reads_by_story ON story_reads (story, day);
-- +goose Down
DROP INDEX story_reads_by_story;
DROP TABLE pictures;
