-- +goose Up
-- Second factors of the desk, each shown to work. The secret is sealed with a key
-- from APP_SECRET. Wall time.
CREATE TABLE staff_totp (
    reader_id TEXT PRIMARY KEY REFERENCES readers (id),
    secret    TEXT NOT NULL,
    made_at   BIGINT NOT NULL,
    -- The step of the last code that was taken: no code is taken twice.
    last_step BIGINT NOT NULL
);
CREATE TABLE staff_passkeys (
    id         TEXT PRIMARY KEY,
    reader_id  TEXT NOT NULL REFERENCES readers (id),
    name       TEXT NOT NULL,
    credential TEXT NOT NULL,
    added_at   BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX staff_passkeys_by_reader ON staff_passkeys (reader_id);
CREATE TABLE staff_recovery (
    reader_id TEXT NOT NULL REFERENCES readers (id),
    code_mac  TEXT NOT NULL,
    used_at   BIGINT,
    PRIMARY KEY (reader_id, code_mac)
);
-- The step up of a session from a reader's to the desk's. Wall time.
CREATE TABLE desk_marks (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    method     TEXT NOT NULL,
    shown_at   BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
-- What a session was asked: a challenge for a passkey to sign, or a secret that
-- an app has yet to show that it holds. One for a purpose, used once.
CREATE TABLE desk_challenges (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL,
    doc        TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, purpose)
);
-- The record of what the desk changed. It names readers and staff by id only.
CREATE TABLE audit (
    seq        BIGINT PRIMARY KEY,
    wall_at    BIGINT NOT NULL,
    paper_at   BIGINT NOT NULL,
    staff_id   TEXT NOT NULL,
    role       TEXT NOT NULL,
    session_id TEXT NOT NULL,
    network    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    before_doc TEXT NOT NULL,
    after_doc  TEXT NOT NULL,
    prev_hash  TEXT NOT NULL,
    hash       TEXT NOT NULL
);
CREATE INDEX audit_by_staff ON audit (staff_id, seq);
CREATE INDEX audit_by_kind ON audit (kind, seq);
CREATE INDEX audit_by_subject ON audit (subject, subject_id, seq);
CREATE INDEX audit_by_time ON audit (wall_at, seq);
-- The end of the chain: who appends holds this row until the change stands.
CREATE TABLE audit_head (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    seq  BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, '');
-- +goose StatementBegin
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the record cannot be changed'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuses();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();
-- +goose Down
DROP TABLE audit;
DROP FUNCTION audit_refuses();
DROP TABLE audit_head;
DROP TABLE desk_challenges;
DROP TABLE desk_marks;
DROP TABLE staff_recovery;
DROP TABLE staff_passkeys;
DROP TABLE staff_totp;
