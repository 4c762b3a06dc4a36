-- +goose Up
-- What some months of a plan cost as a gift, paid once.
CREATE TABLE gift_prices (
    lookup_key TEXT PRIMARY KEY,
    plan       TEXT NOT NULL REFERENCES plans (key),
    months     BIGINT NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    sold       BOOLEAN NOT NULL
);
-- Gifts. The code is not here, only its hash. reader_id is the buyer's account;
-- who has none is found by the link in their mail. A session makes one gift.
CREATE TABLE gifts (
    id         TEXT PRIMARY KEY,
    rev        BIGINT NOT NULL,
    reader_id  TEXT REFERENCES readers (id),
    buyer_name TEXT NOT NULL,
    buyer_email TEXT NOT NULL,
    buyer_form TEXT NOT NULL,
    visitor    TEXT NOT NULL,
    plan       TEXT NOT NULL REFERENCES plans (key),
    lookup_key TEXT NOT NULL,
    months     BIGINT NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    to_name    TEXT NOT NULL,
    to_email   TEXT NOT NULL,
    message    TEXT NOT NULL,
    deliver_at BIGINT,
    state      TEXT NOT NULL CHECK (state IN ('open', 'paid', 'redeemed', 'returning', 'returned', 'void')),
    serial     BIGINT NOT NULL,
    code_hash  TEXT,
    sending    BIGINT NOT NULL,
    session_id TEXT,
    customer   TEXT NOT NULL,
    charge     TEXT NOT NULL,
    invoice    TEXT NOT NULL,
    number     TEXT NOT NULL,
    receipt    TEXT NOT NULL,
    refund     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    paid_at    BIGINT,
    sent_at    BIGINT,
    closed_at  BIGINT
);
CREATE UNIQUE INDEX gifts_by_session ON gifts (session_id) WHERE session_id IS NOT NULL;
CREATE UNIQUE INDEX gifts_by_code ON gifts (code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX gifts_by_reader ON gifts (reader_id) WHERE reader_id IS NOT NULL;
CREATE INDEX gifts_by_buyer ON gifts (buyer_form) WHERE reader_id IS NULL;
CREATE INDEX gifts_open ON gifts (id) WHERE state = 'open';
-- Who has a gift: one reader. The plan is given by a grant of the gift's id. The
-- push is what the gift does to the next payment of a plan that the reader pays
-- for; span in microseconds.
CREATE TABLE gift_redemptions (
    gift       TEXT PRIMARY KEY REFERENCES gifts (id),
    reader_id  TEXT NOT NULL REFERENCES readers (id),
    at         BIGINT NOT NULL,
    from_at    BIGINT NOT NULL,
    to_at      BIGINT NOT NULL,
    ship_name  TEXT NOT NULL,
    line1      TEXT NOT NULL,
    line2      TEXT NOT NULL,
    postal     TEXT NOT NULL,
    city       TEXT NOT NULL,
    country    TEXT NOT NULL,
    push_sub   TEXT NOT NULL,
    push_span  BIGINT NOT NULL,
    push_base  BIGINT,
    push_until BIGINT,
    push_set   BIGINT,
    push_done  BOOLEAN NOT NULL
);
CREATE INDEX gift_redemptions_by_reader ON gift_redemptions (reader_id);
-- +goose Down
DROP TABLE gift_redemptions;
DROP TABLE gifts;
DROP TABLE gift_prices;
