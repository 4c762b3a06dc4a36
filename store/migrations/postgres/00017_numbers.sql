-- +goose Up
-- What happened at stories, added up by the hour. hour is its first second, story
-- '' when too many stories came in one breath, source a class or a site's name.
CREATE TABLE story_hours (
    story  TEXT NOT NULL,
    hour   BIGINT NOT NULL,
    what   TEXT NOT NULL,
    source TEXT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (story, hour, what, source)
);
-- The same by the paper's own day (days since 1970) and month (months since the
-- year 0): of the whole paper, of each story and of each source. What spans a
-- year reads months, and days at its ends.
CREATE TABLE count_days (
    dim             TEXT NOT NULL,
    day             BIGINT NOT NULL,
    name            TEXT NOT NULL,
    reads           BIGINT NOT NULL,
    register_walls  BIGINT NOT NULL,
    subscribe_walls BIGINT NOT NULL,
    registered      BIGINT NOT NULL,
    begun           BIGINT NOT NULL,
    bought          BIGINT NOT NULL,
    PRIMARY KEY (dim, day, name)
);
CREATE TABLE count_months (
    dim             TEXT NOT NULL,
    month           BIGINT NOT NULL,
    name            TEXT NOT NULL,
    reads           BIGINT NOT NULL,
    register_walls  BIGINT NOT NULL,
    subscribe_walls BIGINT NOT NULL,
    registered      BIGINT NOT NULL,
    begun           BIGINT NOT NULL,
    bought          BIGINT NOT NULL,
    PRIMARY KEY (dim, month, name)
);
-- +goose Down
DROP TABLE count_months;
DROP TABLE count_days;
DROP TABLE story_hours;
