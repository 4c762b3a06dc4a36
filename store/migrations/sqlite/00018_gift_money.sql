-- +goose Up
-- What happened to a gift's money: the dispute over its payment, as JSON, and in
-- Stripe's word why the refund of a gift that was taken back did not arrive; both
-- '' for none.
ALTER TABLE gifts ADD COLUMN dispute TEXT NOT NULL DEFAULT '';
ALTER TABLE gifts ADD COLUMN failure TEXT NOT NULL DEFAULT '';
-- +goose Down
ALTER TABLE gifts DROP COLUMN failure;
ALTER TABLE gifts DROP COLUMN dispute;
