-- +goose Up
-- What went back: refunds, and credit notes. Only a sync writes them. A note
-- names the refund that carried its money; early ones take off what was owed.
CREATE TABLE credits (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('refund', 'note')),
    reader_id  TEXT NOT NULL REFERENCES readers (id),
    customer   TEXT NOT NULL,
    charge     TEXT NOT NULL,
    invoice    TEXT NOT NULL,
    number     TEXT NOT NULL,
    refund     TEXT NOT NULL,
    early      BOOLEAN NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    status     TEXT NOT NULL,
    reason     TEXT NOT NULL,
    failure    TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX credits_by_reader ON credits (reader_id, created_at DESC, id DESC);
CREATE INDEX credits_by_invoice ON credits (invoice);
-- Each state that one was in, as the paper knew it. Never overwritten.
CREATE TABLE credit_states (
    credit    TEXT NOT NULL REFERENCES credits (id),
    rev       BIGINT NOT NULL,
    reader_id TEXT NOT NULL REFERENCES readers (id),
    status    TEXT NOT NULL,
    doc       TEXT NOT NULL,
    from_at   BIGINT NOT NULL,
    to_at     BIGINT,
    PRIMARY KEY (credit, rev)
);
CREATE INDEX credit_states_by_reader ON credit_states (reader_id);
-- Refunds that were asked of us. The sum is decided once, so that a second try
-- gives the same back and not twice as much; asked is 0 for "all that is left".
CREATE TABLE refund_orders (
    id        TEXT PRIMARY KEY,
    reader_id TEXT NOT NULL REFERENCES readers (id),
    invoice   TEXT NOT NULL,
    charge    TEXT NOT NULL,
    asked     BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    currency  TEXT NOT NULL,
    reason    TEXT NOT NULL,
    at        BIGINT NOT NULL,
    refund    TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused'))
);
CREATE UNIQUE INDEX refund_orders_open ON refund_orders (invoice) WHERE state = 'open';
CREATE INDEX refund_orders_by_reader ON refund_orders (reader_id);
CREATE INDEX refund_orders_by_invoice ON refund_orders (invoice, at DESC);
CREATE INDEX invoices_by_number ON invoices (number);
-- Payments that a cardholder's bank took back, or asks about.
CREATE TABLE disputes (
    id           TEXT PRIMARY KEY,
    reader_id    TEXT NOT NULL REFERENCES readers (id),
    customer     TEXT NOT NULL,
    subscription TEXT NOT NULL,
    invoice      TEXT NOT NULL,
    charge       TEXT NOT NULL,
    amount       BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    reason       TEXT NOT NULL,
    status       TEXT NOT NULL,
    due_at       BIGINT,
    url          TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE INDEX disputes_by_reader ON disputes (reader_id, created_at DESC);
CREATE INDEX disputes_by_invoice ON disputes (invoice);
CREATE TABLE dispute_states (
    dispute   TEXT NOT NULL REFERENCES disputes (id),
    rev       BIGINT NOT NULL,
    reader_id TEXT NOT NULL REFERENCES readers (id),
    status    TEXT NOT NULL,
    doc       TEXT NOT NULL,
    from_at   BIGINT NOT NULL,
    to_at     BIGINT,
    PRIMARY KEY (dispute, rev)
);
CREATE INDEX dispute_states_by_reader ON dispute_states (reader_id);
-- Whether a payment of this subscription is disputed, and what follows: open
-- changes nothing, held stops the benefits, lost has ended it.
ALTER TABLE subscriptions ADD COLUMN dispute TEXT NOT NULL DEFAULT '';
-- What the publisher has decided: keep or suspend while a dispute is open.
CREATE TABLE billing_rules (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    dispute TEXT NOT NULL
);
-- +goose Down
DROP TABLE billing_rules;
ALTER TABLE subscriptions DROP COLUMN dispute;
DROP TABLE dispute_states;
DROP TABLE disputes;
DROP INDEX invoices_by_number;
DROP TABLE refund_orders;
DROP TABLE credit_states;
DROP TABLE credits;
