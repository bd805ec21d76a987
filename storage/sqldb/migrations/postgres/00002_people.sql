-- +goose Up

-- The tables of package association. Times are milliseconds since 1970, 0 is never. Checksums are the bit patterns of
-- unsigned numbers. '' is no version.

CREATE TABLE communities (
    key     BIGINT PRIMARY KEY CHECK (key > 0),
    name    TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL
);
INSERT INTO communities (key, name, created) VALUES (1, 'Community 1', 0);

-- Changes of one person's photo take turns at this row.
CREATE TABLE people (
    community BIGINT NOT NULL REFERENCES communities (key),
    guid      TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    current   TEXT COLLATE "C" NOT NULL, -- version that is shown
    newest    TEXT COLLATE "C" NOT NULL, -- version that was asked for last
    created   BIGINT NOT NULL,
    PRIMARY KEY (community, guid)
);

-- An upload may be purged before the photos that were made of it: no reference.
CREATE TABLE photos (
    version   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    community BIGINT NOT NULL,
    person    TEXT COLLATE "C" NOT NULL,
    upload    TEXT COLLATE "C" NOT NULL,
    state     BIGINT NOT NULL CHECK (state BETWEEN 1 AND 5), -- pending, ready, failed, superseded, removed
    reason    TEXT COLLATE "C" NOT NULL,
    type      TEXT COLLATE "C" NOT NULL,
    width     BIGINT NOT NULL,
    height    BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    due       BIGINT NOT NULL, -- of a pending one: its place in the queue, then its lease, then its back-off; of a ready one: its end, or 0
    epoch     BIGINT NOT NULL,
    tries     BIGINT NOT NULL,
    FOREIGN KEY (community, person) REFERENCES people (community, guid)
);
CREATE INDEX photos_due ON photos (due, version) WHERE state = 1;
CREATE INDEX photos_person ON photos (community, person, created);
CREATE INDEX photos_upload ON photos (upload);

CREATE TABLE renditions (
    version TEXT COLLATE "C" NOT NULL REFERENCES photos (version),
    size    BIGINT NOT NULL,
    recipe  BIGINT NOT NULL,
    blob    TEXT COLLATE "C" NOT NULL,
    length  BIGINT NOT NULL,
    type    TEXT COLLATE "C" NOT NULL,
    crc     BIGINT NOT NULL,
    width   BIGINT NOT NULL,
    height  BIGINT NOT NULL,
    PRIMARY KEY (version, size)
);

CREATE TABLE local_users (
    community BIGINT NOT NULL,
    guid      TEXT COLLATE "C" NOT NULL,
    login     TEXT COLLATE "C" NOT NULL,
    folded    TEXT COLLATE "C" NOT NULL, -- the login in lower case: it is unique in any case
    password  TEXT COLLATE "C" NOT NULL, -- a PHC string
    admin     BIGINT NOT NULL CHECK (admin IN (0, 1)),
    PRIMARY KEY (community, guid),
    FOREIGN KEY (community, guid) REFERENCES people (community, guid)
);
CREATE UNIQUE INDEX local_users_login ON local_users (community, folded);
