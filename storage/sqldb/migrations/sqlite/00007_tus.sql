-- +goose Up

-- Files may be uploaded in parts that are joined later: the joined upload mentions the same blobs as its parts, so a
-- program that does not know of it would delete them with the parts.
ALTER TABLE uploads ADD COLUMN partial INTEGER NOT NULL DEFAULT 0; -- 1: a part, no file of its own
ALTER TABLE uploads ADD COLUMN note TEXT NOT NULL DEFAULT '';      -- what the creator's dialect keeps beside it
ALTER TABLE uploads ADD COLUMN wish TEXT NOT NULL DEFAULT '';      -- whose photo it is to be, until it is held

UPDATE schema SET min_reader = 7;
