-- +goose Up
-- What happened at stories, added up by the hour. hour is its first second, story
-- '' when too many stories came in one breath, source a class or a site's name.
CREATE TABLE story_hours (
    hour   BIGINT NOT NULL,
    story  TEXT NOT NULL,
    what   TEXT NOT NULL,
    source TEXT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (hour, story, what, source)
);
-- +goose Down
DROP TABLE story_hours;
