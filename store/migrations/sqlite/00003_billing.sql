-- +goose Up
-- What is sold, and what was: a retired price still has subscribers.
CREATE TABLE plans (
    key      TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    summary  TEXT NOT NULL,
    position BIGINT NOT NULL,
    sold     BOOLEAN NOT NULL
);
CREATE TABLE plan_benefits (
    plan     TEXT NOT NULL REFERENCES plans (key),
    benefit  TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (plan, benefit)
);
CREATE TABLE prices (
    lookup_key TEXT PRIMARY KEY,
    plan       TEXT NOT NULL REFERENCES plans (key),
    every      TEXT NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    position   BIGINT NOT NULL,
    sold       BOOLEAN NOT NULL
);
CREATE TABLE benefit_texts (
    benefit  TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    text     TEXT NOT NULL,
    position BIGINT NOT NULL
);
CREATE TABLE ships_to (
    country  TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);
-- Which lookup key one of Stripe's prices had: the key moves on to another
-- price when an amount changes.
CREATE TABLE stripe_prices (
    id         TEXT PRIMARY KEY,
    lookup_key TEXT NOT NULL
);
-- Stripe's customers that are readers of ours.
CREATE TABLE customers (
    id         TEXT PRIMARY KEY,
    reader_id  TEXT NOT NULL REFERENCES readers (id),
    email      TEXT NOT NULL,
    created_at BIGINT,
    deleted    BOOLEAN NOT NULL
);
CREATE INDEX customers_by_reader ON customers (reader_id);
-- Subscriptions as they are now. Only a sync writes them.
CREATE TABLE subscriptions (
    id             TEXT PRIMARY KEY,
    customer       TEXT NOT NULL REFERENCES customers (id),
    reader_id      TEXT NOT NULL REFERENCES readers (id),
    plan           TEXT NOT NULL,
    price_id       TEXT NOT NULL,
    lookup_key     TEXT NOT NULL,
    every          TEXT NOT NULL,
    amount         BIGINT NOT NULL,
    currency       TEXT NOT NULL,
    status         TEXT NOT NULL,
    started_at     BIGINT,
    period_start   BIGINT,
    period_end     BIGINT,
    cancel_at      BIGINT,
    canceled_at    BIGINT,
    ended_at       BIGINT,
    trial_end      BIGINT,
    is_paused      BOOLEAN NOT NULL,
    paused_until   BIGINT,
    past_due_since BIGINT,
    latest         TEXT NOT NULL,
    latest_status  TEXT NOT NULL,
    decline        TEXT NOT NULL,
    synced_at      BIGINT NOT NULL
);
CREATE INDEX subscriptions_by_reader ON subscriptions (reader_id);
CREATE INDEX subscriptions_by_customer ON subscriptions (customer);
-- Each state that a subscription was in, as the paper knew it, and when. Never
-- overwritten: a past decision must stay explicable.
CREATE TABLE subscription_states (
    subscription TEXT NOT NULL REFERENCES subscriptions (id),
    rev          BIGINT NOT NULL,
    reader_id    TEXT NOT NULL REFERENCES readers (id),
    status       TEXT NOT NULL,
    doc          TEXT NOT NULL,
    from_at      BIGINT NOT NULL,
    to_at        BIGINT,
    PRIMARY KEY (subscription, rev)
);
CREATE INDEX subscription_states_by_reader ON subscription_states (reader_id, from_at);
-- Plans given without a payment.
CREATE TABLE grants (
    id        TEXT PRIMARY KEY,
    reader_id TEXT NOT NULL REFERENCES readers (id),
    plan      TEXT NOT NULL REFERENCES plans (key),
    why       TEXT NOT NULL,
    from_at   BIGINT NOT NULL,
    to_at     BIGINT
);
CREATE INDEX grants_by_reader ON grants (reader_id);
CREATE TABLE invoices (
    id           TEXT PRIMARY KEY,
    reader_id    TEXT NOT NULL REFERENCES readers (id),
    customer     TEXT NOT NULL,
    subscription TEXT NOT NULL,
    number       TEXT NOT NULL,
    status       TEXT NOT NULL,
    amount       BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    paid         BIGINT NOT NULL,
    remaining    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    due_at       BIGINT,
    paid_at      BIGINT,
    period_start BIGINT,
    period_end   BIGINT,
    attempts     BIGINT NOT NULL,
    hosted_url   TEXT NOT NULL,
    pdf          TEXT NOT NULL
);
CREATE INDEX invoices_by_reader ON invoices (reader_id, created_at DESC, id DESC);
-- Ways to the payment page. One may be open for a reader: two tabs make one.
CREATE TABLE checkouts (
    id          TEXT PRIMARY KEY,
    reader_id   TEXT NOT NULL REFERENCES readers (id),
    customer    TEXT NOT NULL,
    lookup_key  TEXT NOT NULL,
    return_path TEXT NOT NULL,
    visitor     TEXT NOT NULL,
    session_id  TEXT,
    tries       BIGINT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'complete', 'closed')),
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX checkouts_open ON checkouts (reader_id) WHERE state = 'open';
CREATE UNIQUE INDEX checkouts_by_session ON checkouts (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX checkouts_by_reader ON checkouts (reader_id);
-- The inbox. An event is a hint; what it names is marked dirty in the same
-- transaction. Wall time, but for created_at, which is Stripe's.
CREATE TABLE stripe_events (
    id          TEXT PRIMARY KEY,
    type        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    api_version TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id   TEXT NOT NULL,
    mark_kind   TEXT NOT NULL,
    mark_id     TEXT NOT NULL,
    payload     TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    done_at     BIGINT,
    attempts    BIGINT NOT NULL,
    error       TEXT NOT NULL
);
CREATE INDEX stripe_events_open ON stripe_events (mark_kind, mark_id) WHERE done_at IS NULL;
CREATE INDEX stripe_events_by_time ON stripe_events (received_at);
-- A mark is never deleted: its rev only grows, so that a late worker cannot
-- clear a newer mark.
CREATE TABLE stripe_marks (
    kind          TEXT NOT NULL,
    id            TEXT NOT NULL,
    rev           BIGINT NOT NULL,
    dirty         BOOLEAN NOT NULL,
    next_at       BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    error         TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX stripe_marks_due ON stripe_marks (next_at) WHERE dirty;
-- Locks that several machines respect. A late holder is told by the number.
CREATE TABLE leases (
    name     TEXT PRIMARY KEY,
    fence    BIGINT NOT NULL,
    until_at BIGINT NOT NULL
);
-- What followed from a sync, once for all time.
CREATE TABLE billing_effects (
    key TEXT PRIMARY KEY,
    at  BIGINT NOT NULL
);
-- What cannot be placed: it counts for nothing until it is understood.
CREATE TABLE quarantine (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    why        TEXT NOT NULL,
    at         BIGINT NOT NULL,
    cleared_at BIGINT,
    PRIMARY KEY (kind, id, why)
);
CREATE TABLE watermarks (
    name TEXT PRIMARY KEY,
    at   BIGINT NOT NULL
);
-- +goose Down
DROP TABLE watermarks;
DROP TABLE quarantine;
DROP TABLE billing_effects;
DROP TABLE leases;
DROP TABLE stripe_marks;
DROP TABLE stripe_events;
DROP TABLE checkouts;
DROP TABLE invoices;
DROP TABLE grants;
DROP TABLE subscription_states;
DROP TABLE subscriptions;
DROP TABLE customers;
DROP TABLE stripe_prices;
DROP TABLE ships_to;
DROP TABLE benefit_texts;
DROP TABLE prices;
DROP TABLE plan_benefits;
DROP TABLE plans;
