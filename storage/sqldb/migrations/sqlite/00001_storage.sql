-- +goose Up

-- The tables of package storage. Times are milliseconds since 1970, 0 is never. Checksums are the bit patterns of
-- unsigned numbers. Keys of uploads are unique in the whole database, and never used twice. Tables without rowid
-- are one tree each: a commit writes a page less for each row.

CREATE TABLE schema (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    min_reader INTEGER NOT NULL -- the oldest schema whose programs can still work with this one
) STRICT;
INSERT INTO schema (id, min_reader) VALUES (1, 1);

CREATE TABLE deployment (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL -- ties the database to its blobs and keys
) STRICT;

CREATE TABLE probes (
    id     INTEGER PRIMARY KEY,
    writes INTEGER NOT NULL
) STRICT;

-- Creations of one owner take turns at this row, so that a quota that was looked at still holds at the insert.
CREATE TABLE owners (
    community INTEGER NOT NULL,
    owner     TEXT    NOT NULL,
    creations INTEGER NOT NULL,
    PRIMARY KEY (community, owner)
) STRICT;

CREATE TABLE uploads (
    key       TEXT    NOT NULL PRIMARY KEY,
    community INTEGER NOT NULL,
    owner     TEXT    NOT NULL,
    state     INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5), -- active, complete, failed, cancelled, expired
    length    INTEGER NOT NULL CHECK (length >= -1),          -- -1: not declared yet
    off       INTEGER NOT NULL CHECK (off >= 0 AND (length = -1 OR off <= length)),
    inline    INTEGER NOT NULL CHECK (inline BETWEEN 0 AND off),
    epoch     INTEGER NOT NULL,
    writer    TEXT    NOT NULL,
    type      TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    head      BLOB,
    crc       INTEGER NOT NULL,
    last_from INTEGER NOT NULL,
    last_to   INTEGER NOT NULL,
    last_crc  INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    request   TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    dirty     INTEGER NOT NULL,
    looked    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_owner ON uploads (community, owner, state, length);
CREATE UNIQUE INDEX uploads_request ON uploads (community, owner, request) WHERE request <> '';
CREATE INDEX uploads_due ON uploads (due) WHERE due > 0;
CREATE INDEX uploads_dirty ON uploads (dirty) WHERE dirty > 0;

-- Either blob and blob_off say where the bytes lie, or inline holds them.
CREATE TABLE extents (
    key      TEXT    NOT NULL REFERENCES uploads (key),
    off      INTEGER NOT NULL,
    len      INTEGER NOT NULL CHECK (len > 0),
    crc      INTEGER NOT NULL,
    blob     TEXT    NOT NULL,
    blob_off INTEGER NOT NULL,
    inline   BLOB CHECK ((blob = '') = (inline IS NOT NULL)),
    PRIMARY KEY (key, off)
) STRICT, WITHOUT ROWID;
CREATE INDEX extents_blob ON extents (blob) WHERE blob <> '';

CREATE TABLE holds (
    key    TEXT NOT NULL REFERENCES uploads (key),
    holder TEXT NOT NULL,
    PRIMARY KEY (key, holder)
) STRICT, WITHOUT ROWID;

CREATE TABLE trash (
    blob TEXT    NOT NULL PRIMARY KEY,
    due  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX trash_due ON trash (due, blob);
