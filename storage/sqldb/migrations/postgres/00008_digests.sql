-- +goose Up

-- The SHA-256 of an upload's bytes: while it is active as its creator declared it, then as it is; NULL when nobody has
-- asked. Of one that was declared, the state after off bytes goes along, so that the next request goes on hashing there.
ALTER TABLE uploads ADD COLUMN sha256 BYTEA;
ALTER TABLE uploads ADD COLUMN hashed BYTEA;
