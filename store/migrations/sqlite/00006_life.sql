-- +goose Up
-- The card that a customer's next payment is taken from; month and year are 0
-- when it isn't a card, or there is none.
ALTER TABLE customers ADD COLUMN card_id TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN card_brand TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN card_last4 TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN card_month BIGINT NOT NULL DEFAULT 0;
ALTER TABLE customers ADD COLUMN card_year BIGINT NOT NULL DEFAULT 0;
CREATE INDEX customers_by_card ON customers ((card_year * 12 + card_month), id) WHERE card_id <> '';
-- Why Stripe ended it: cancellation_requested, payment_failed, payment_disputed.
ALTER TABLE subscriptions ADD COLUMN end_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN next_attempt_at BIGINT;
ALTER TABLE invoices ADD COLUMN needs_action BOOLEAN NOT NULL DEFAULT FALSE;
-- What stands on it, as JSON, and to whom it was made out.
ALTER TABLE invoices ADD COLUMN tax BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN lines TEXT NOT NULL DEFAULT '[]';
ALTER TABLE invoices ADD COLUMN bill_to TEXT NOT NULL DEFAULT '';
-- Who left, and what they said about it when they were asked.
CREATE TABLE cancellations (
    subscription TEXT NOT NULL REFERENCES subscriptions (id),
    at           BIGINT NOT NULL,
    reader_id    TEXT NOT NULL REFERENCES readers (id),
    feedback     TEXT NOT NULL,
    comment      TEXT NOT NULL,
    PRIMARY KEY (subscription, at)
);
CREATE INDEX cancellations_by_reader ON cancellations (reader_id);
-- A subscription that is ended at once, and what goes back for it: decided
-- once, so that a second try gives the same sum.
CREATE TABLE endings (
    subscription TEXT PRIMARY KEY REFERENCES subscriptions (id),
    reader_id    TEXT NOT NULL REFERENCES readers (id),
    at           BIGINT NOT NULL,
    why          TEXT NOT NULL,
    charge       TEXT NOT NULL,
    amount       BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    refund       TEXT NOT NULL
);
CREATE INDEX endings_by_reader ON endings (reader_id);
-- +goose Down
DROP TABLE endings;
DROP TABLE cancellations;
ALTER TABLE invoices DROP COLUMN bill_to;
ALTER TABLE invoices DROP COLUMN lines;
ALTER TABLE invoices DROP COLUMN tax;
ALTER TABLE invoices DROP COLUMN needs_action;
ALTER TABLE invoices DROP COLUMN next_attempt_at;
ALTER TABLE invoices DROP COLUMN reason;
ALTER TABLE subscriptions DROP COLUMN end_reason;
DROP INDEX customers_by_card;
ALTER TABLE customers DROP COLUMN card_year;
ALTER TABLE customers DROP COLUMN card_month;
ALTER TABLE customers DROP COLUMN card_last4;
ALTER TABLE customers DROP COLUMN card_brand;
ALTER TABLE customers DROP COLUMN card_id;
