-- +goose Up

-- What a person may do. Whoever was merged into another is that other person from then on, under both GUIDs.
ALTER TABLE people ADD COLUMN admin BIGINT NOT NULL DEFAULT 0 CHECK (admin IN (0, 1));
ALTER TABLE people ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0; -- since when; 0: not
ALTER TABLE people ADD COLUMN merged TEXT COLLATE "C" NOT NULL DEFAULT '';     -- the other person's GUID
ALTER TABLE people ADD COLUMN folded TEXT COLLATE "C" NOT NULL DEFAULT ''; -- the name in lower case, to be searched
UPDATE people SET folded = LOWER(name);
CREATE INDEX people_guid ON people (guid);
CREATE INDEX people_merged ON people (community, merged) WHERE merged <> '';

-- Names of people in other systems, and those that they sign in with. Each name is one person's.
CREATE TABLE identities (
    community BIGINT NOT NULL,
    system    TEXT COLLATE "C" NOT NULL CHECK (system IN ('gigya', 'salesforce', 'login', 'email')),
    name      TEXT COLLATE "C" NOT NULL, -- as it is compared
    shown     TEXT COLLATE "C" NOT NULL, -- as it was given
    guid      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (community, system, name),
    FOREIGN KEY (community, guid) REFERENCES people (community, guid)
);
-- With all columns, or SQLite would rather read the whole community in the order of the primary key.
CREATE INDEX identities_guid ON identities (community, guid, shown);

CREATE TABLE passwords (
    community BIGINT NOT NULL,
    guid      TEXT COLLATE "C" NOT NULL,
    password  TEXT COLLATE "C" NOT NULL, -- a PHC string
    PRIMARY KEY (community, guid),
    FOREIGN KEY (community, guid) REFERENCES people (community, guid)
);

INSERT INTO identities (community, system, name, shown, guid)
    SELECT community, 'login', folded, login, guid FROM local_users;
INSERT INTO passwords (community, guid, password) SELECT community, guid, password FROM local_users;
UPDATE people SET admin = 1 WHERE EXISTS (
    SELECT 1 FROM local_users l WHERE l.community = people.community AND l.guid = people.guid AND l.admin = 1);
DROP TABLE local_users;

-- Whoever has a session's key, of which only the hash stands here, is the person, with the rights that were shown when
-- it began: communities and admin are lists of keys with commas between them.
CREATE TABLE sessions (
    hash        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE, -- names it without being a key
    guid        TEXT COLLATE "C" NOT NULL,
    communities TEXT COLLATE "C" NOT NULL,
    admin       TEXT COLLATE "C" NOT NULL,
    via         TEXT COLLATE "C" NOT NULL,
    created     BIGINT NOT NULL,
    used        BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    agent       TEXT COLLATE "C" NOT NULL,
    address     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX sessions_guid ON sessions (guid, created);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE INDEX sessions_used ON sessions (used);

-- Links that sign a person in, once.
CREATE TABLE links (
    hash      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    community BIGINT NOT NULL,
    guid      TEXT COLLATE "C" NOT NULL,
    expires   BIGINT NOT NULL,
    FOREIGN KEY (community, guid) REFERENCES people (community, guid)
);

-- Who did what to whom. The numbers of a community's entries have no gaps, and what is visible has all before it:
-- transactions take turns at the community's row in audit_turns until they end.
CREATE TABLE audit (
    community BIGINT  NOT NULL,
    id        BIGINT  NOT NULL, -- 1, 2, 3 and so on in each community
    at        BIGINT  NOT NULL,
    actor     TEXT COLLATE "C" NOT NULL, -- a GUID, or cli
    action    TEXT COLLATE "C" NOT NULL,
    person    TEXT COLLATE "C" NOT NULL, -- whom it was done to
    object    TEXT COLLATE "C" NOT NULL, -- what it was done with: a version, an attachment's key, a name
    address   TEXT COLLATE "C" NOT NULL, -- the actor's network address
    PRIMARY KEY (community, id)
);
CREATE INDEX audit_at ON audit (at);
CREATE TABLE audit_turns (
    community BIGINT NOT NULL PRIMARY KEY,
    last      BIGINT NOT NULL -- the number of the community's last entry
);

UPDATE schema SET min_reader = 5;
