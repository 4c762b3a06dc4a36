-- +goose Up
-- The reconciler's runs and what each had to repair. Wall time.
CREATE TABLE reconciliations (
    at        BIGINT NOT NULL,
    run       TEXT NOT NULL,
    events    BIGINT NOT NULL,
    missed    BIGINT NOT NULL,
    customers BIGINT NOT NULL,
    drift     BIGINT NOT NULL,
    ids       TEXT NOT NULL,
    error     TEXT NOT NULL,
    PRIMARY KEY (at, run)
);
-- What is or was wrong with the house, and when the operator was written to.
-- Wall time.
CREATE TABLE troubles (
    kind      TEXT PRIMARY KEY,
    since_at  BIGINT NOT NULL,
    mailed_at BIGINT,
    is_open   BOOLEAN NOT NULL,
    is_told   BOOLEAN NOT NULL
);
-- +goose Down
DROP TABLE troubles;
DROP TABLE reconciliations;
