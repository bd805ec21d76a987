-- +goose Up

-- The tables of package association. Times are milliseconds since 1970, 0 is never. Checksums are the bit patterns of
-- unsigned numbers. '' is no version.

CREATE TABLE communities (
    key     INTEGER PRIMARY KEY CHECK (key > 0),
    name    TEXT    NOT NULL,
    created INTEGER NOT NULL
) STRICT;
INSERT INTO communities (key, name, created) VALUES (1, 'Community 1', 0);

-- Changes of one person's photo take turns at this row.
CREATE TABLE people (
    community INTEGER NOT NULL REFERENCES communities (key),
    guid      TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    current   TEXT    NOT NULL, -- version that is shown
    newest    TEXT    NOT NULL, -- version that was asked for last
    created   INTEGER NOT NULL,
    PRIMARY KEY (community, guid)
) STRICT;

-- An upload may be purged before the photos that were made of it: no reference.
CREATE TABLE photos (
    version   TEXT    NOT NULL PRIMARY KEY,
    community INTEGER NOT NULL,
    person    TEXT    NOT NULL,
    upload    TEXT    NOT NULL,
    state     INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5), -- pending, ready, failed, superseded, removed
    reason    TEXT    NOT NULL,
    type      TEXT    NOT NULL,
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    due       INTEGER NOT NULL, -- of a pending one: its place in the queue, then its lease, then its back-off; of a ready one: its end, or 0
    epoch     INTEGER NOT NULL,
    tries     INTEGER NOT NULL,
    FOREIGN KEY (community, person) REFERENCES people (community, guid)
) STRICT;
CREATE INDEX photos_due ON photos (due, version) WHERE state = 1;
CREATE INDEX photos_person ON photos (community, person, created);
CREATE INDEX photos_upload ON photos (upload);

CREATE TABLE renditions (
    version TEXT    NOT NULL REFERENCES photos (version),
    size    INTEGER NOT NULL,
    recipe  INTEGER NOT NULL,
    blob    TEXT    NOT NULL,
    length  INTEGER NOT NULL,
    type    TEXT    NOT NULL,
    crc     INTEGER NOT NULL,
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    PRIMARY KEY (version, size)
) STRICT;

CREATE TABLE local_users (
    community INTEGER NOT NULL,
    guid      TEXT    NOT NULL,
    login     TEXT    NOT NULL,
    folded    TEXT    NOT NULL, -- the login in lower case: it is unique in any case
    password  TEXT    NOT NULL, -- a PHC string
    admin     INTEGER NOT NULL CHECK (admin IN (0, 1)),
    PRIMARY KEY (community, guid),
    FOREIGN KEY (community, guid) REFERENCES people (community, guid)
) STRICT;
CREATE UNIQUE INDEX local_users_login ON local_users (community, folded);
