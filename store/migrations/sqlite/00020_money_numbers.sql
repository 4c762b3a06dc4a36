-- +goose Up
-- What subscriptions come to, by the paper's own day, and nobody's name in it.
-- A month is reckoned anew, hourly, until three days after its end. Amounts of
-- what recurs are those of a year, in minor units.
CREATE TABLE money_days (
    day         BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    plan        TEXT NOT NULL,
    every       TEXT NOT NULL,
    subscribers BIGINT NOT NULL,
    past_due    BIGINT NOT NULL,
    trials      BIGINT NOT NULL,
    paused      BIGINT NOT NULL,
    yearly      BIGINT NOT NULL,
    PRIMARY KEY (day, currency, plan, every)
);
CREATE TABLE money_moves (
    day      BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    why      TEXT NOT NULL,
    plan     TEXT NOT NULL,
    currency TEXT NOT NULL,
    n        BIGINT NOT NULL,
    yearly   BIGINT NOT NULL,
    PRIMARY KEY (day, kind, why, plan, currency)
);
CREATE TABLE money_taken (
    day      BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    currency TEXT NOT NULL,
    n        BIGINT NOT NULL,
    amount   BIGINT NOT NULL,
    PRIMARY KEY (day, kind, currency)
);
-- Readers by the month in which they first paid, and how many still subscribe at
-- the end of another. Months are since the year 0.
CREATE TABLE money_cohorts (
    month BIGINT NOT NULL,
    first BIGINT NOT NULL,
    size  BIGINT NOT NULL,
    kept  BIGINT NOT NULL,
    PRIMARY KEY (month, first)
);
-- How far all this is reckoned, and when it last was.
CREATE TABLE money_reckoned (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    open BIGINT NOT NULL,
    at   BIGINT NOT NULL
);
INSERT INTO money_reckoned (one, open, at) VALUES (1, 0, 0);
CREATE INDEX subscription_states_live ON subscription_states (reader_id) WHERE to_at IS NULL AND status NOT IN ('canceled', 'incomplete_expired');
CREATE INDEX subscription_states_by_end ON subscription_states (to_at, reader_id) WHERE to_at IS NOT NULL;
CREATE INDEX subscription_states_by_time ON subscription_states (from_at);
CREATE INDEX invoices_by_payment ON invoices (paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX invoices_by_due ON invoices (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX gifts_by_payment ON gifts (paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX gifts_by_close ON gifts (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX credits_by_time ON credits (created_at);
CREATE INDEX disputes_by_time ON disputes (created_at);
CREATE INDEX dispute_states_by_time ON dispute_states (from_at);
-- +goose Down
DROP INDEX dispute_states_by_time;
DROP INDEX disputes_by_time;
DROP INDEX credits_by_time;
DROP INDEX gifts_by_close;
DROP INDEX gifts_by_payment;
DROP INDEX invoices_by_due;
DROP INDEX invoices_by_payment;
DROP INDEX subscription_states_by_time;
DROP INDEX subscription_states_by_end;
DROP INDEX subscription_states_live;
DROP TABLE money_reckoned;
DROP TABLE money_cohorts;
DROP TABLE money_taken;
DROP TABLE money_moves;
DROP TABLE money_days;
