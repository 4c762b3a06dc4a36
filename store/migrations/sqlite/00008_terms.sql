-- +goose Up
-- What Stripe's desk or the reader agreed beside the price: a pause (what
-- becomes of the invoices meanwhile, and from when the benefits stop), where
-- the months are counted from, how a trial without a card ends, and the
-- discount that runs, as JSON; '' for none.
ALTER TABLE subscriptions ADD COLUMN pause_behavior TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN paused_from BIGINT;
ALTER TABLE subscriptions ADD COLUMN anchor_at BIGINT;
ALTER TABLE subscriptions ADD COLUMN trial_then TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN discount TEXT NOT NULL DEFAULT '';
CREATE INDEX subscriptions_by_pause ON subscriptions (paused_until, id) WHERE is_paused;
CREATE INDEX subscriptions_by_trial ON subscriptions (trial_end, id) WHERE status = 'trialing';
-- Days that are free before a price is charged for the first time, and whether
-- they need a card: required or optional; '' without a trial.
ALTER TABLE prices ADD COLUMN trial_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE prices ADD COLUMN trial_card TEXT NOT NULL DEFAULT '';
-- What a checkout was opened with: a code as it was typed, and the trial.
ALTER TABLE checkouts ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE checkouts ADD COLUMN trial_days BIGINT NOT NULL DEFAULT 0;
-- Pauses that readers asked for. What the desk gives stands at Stripe alone.
CREATE TABLE pauses (
    subscription TEXT NOT NULL REFERENCES subscriptions (id),
    reader_id    TEXT NOT NULL REFERENCES readers (id),
    asked_at     BIGINT NOT NULL,
    from_at      BIGINT NOT NULL,
    until_at     BIGINT NOT NULL,
    PRIMARY KEY (subscription, from_at)
);
CREATE INDEX pauses_by_reader ON pauses (reader_id);
-- +goose Down
DROP TABLE pauses;
ALTER TABLE checkouts DROP COLUMN trial_days;
ALTER TABLE checkouts DROP COLUMN code;
ALTER TABLE prices DROP COLUMN trial_card;
ALTER TABLE prices DROP COLUMN trial_days;
DROP INDEX subscriptions_by_trial;
DROP INDEX subscriptions_by_pause;
ALTER TABLE subscriptions DROP COLUMN discount;
ALTER TABLE subscriptions DROP COLUMN trial_then;
ALTER TABLE subscriptions DROP COLUMN anchor_at;
ALTER TABLE subscriptions DROP COLUMN paused_from;
ALTER TABLE subscriptions DROP COLUMN pause_behavior;
