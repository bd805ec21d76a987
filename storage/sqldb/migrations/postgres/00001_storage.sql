-- +goose Up

-- The tables of package storage. Times are milliseconds since 1970, 0 is never. Checksums are the bit patterns of
-- unsigned numbers. Keys of uploads are unique in the whole database, and never used twice.

CREATE TABLE schema (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    min_reader BIGINT NOT NULL -- the oldest schema whose programs can still work with this one
);
INSERT INTO schema (id, min_reader) VALUES (1, 1);

CREATE TABLE deployment (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    id  TEXT COLLATE "C" NOT NULL -- ties the database to its blobs and keys
);

CREATE TABLE probes (
    id     BIGINT PRIMARY KEY,
    writes BIGINT NOT NULL
);

-- Creations of one owner take turns at this row, so that a quota that was looked at still holds at the insert.
CREATE TABLE owners (
    community BIGINT NOT NULL,
    owner     TEXT COLLATE "C" NOT NULL,
    creations BIGINT NOT NULL,
    PRIMARY KEY (community, owner)
);

CREATE TABLE uploads (
    key       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    community BIGINT NOT NULL,
    owner     TEXT COLLATE "C" NOT NULL,
    state     BIGINT NOT NULL CHECK (state BETWEEN 1 AND 5), -- active, complete, failed, cancelled, expired
    length    BIGINT NOT NULL CHECK (length >= -1),          -- -1: not declared yet
    off       BIGINT NOT NULL CHECK (off >= 0 AND (length = -1 OR off <= length)),
    inline    BIGINT NOT NULL CHECK (inline BETWEEN 0 AND off),
    epoch     BIGINT NOT NULL,
    writer    TEXT COLLATE "C" NOT NULL,
    type      TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    head      BYTEA,
    crc       BIGINT NOT NULL,
    last_from BIGINT NOT NULL,
    last_to   BIGINT NOT NULL,
    last_crc  BIGINT NOT NULL,
    reason    TEXT COLLATE "C" NOT NULL,
    request   TEXT COLLATE "C" NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    due       BIGINT NOT NULL,
    dirty     BIGINT NOT NULL,
    looked    BIGINT NOT NULL
);
CREATE INDEX uploads_owner ON uploads (community, owner, state, length);
CREATE UNIQUE INDEX uploads_request ON uploads (community, owner, request) WHERE request <> '';
CREATE INDEX uploads_due ON uploads (due) WHERE due > 0;
CREATE INDEX uploads_dirty ON uploads (dirty) WHERE dirty > 0;

-- Either blob and blob_off say where the bytes lie, or inline holds them.
CREATE TABLE extents (
    key      TEXT COLLATE "C" NOT NULL REFERENCES uploads (key),
    off      BIGINT NOT NULL,
    len      BIGINT NOT NULL CHECK (len > 0),
    crc      BIGINT NOT NULL,
    blob     TEXT COLLATE "C" NOT NULL,
    blob_off BIGINT NOT NULL,
    inline   BYTEA CHECK ((blob = '') = (inline IS NOT NULL)),
    PRIMARY KEY (key, off)
);
-- Photos are compressed already: trying it again takes processor time and saves nothing.
ALTER TABLE extents ALTER COLUMN inline SET STORAGE EXTERNAL;
CREATE INDEX extents_blob ON extents (blob) WHERE blob <> '';

CREATE TABLE holds (
    key    TEXT COLLATE "C" NOT NULL REFERENCES uploads (key),
    holder TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (key, holder)
);

CREATE TABLE trash (
    blob TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    due  BIGINT NOT NULL
);
CREATE INDEX trash_due ON trash (due, blob);
