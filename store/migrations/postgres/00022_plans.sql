-- +goose Up
-- What of the plans the desk has set itself: a file that is imported later
-- leaves it as it is. Paper time.
CREATE TABLE plan_claims (
    thing TEXT PRIMARY KEY,
    at    BIGINT NOT NULL
);
-- What was sold, and what each plan brought, until that paper time. Never
-- overwritten: a past decision must stay explicable.
CREATE TABLE past_catalogues (
    until_at BIGINT PRIMARY KEY,
    doc      TEXT NOT NULL
);
-- +goose Down
DROP TABLE past_catalogues;
DROP TABLE plan_claims;
