-- +goose Up

-- Sites are what Gigya's clients call an account of theirs: a key by which they name a community, and secrets with which
-- they sign. The secrets are sealed with the deployment's key.
CREATE TABLE sites (
    api_key   TEXT    NOT NULL PRIMARY KEY,
    community INTEGER NOT NULL REFERENCES communities (key),
    secret    TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    rotated   INTEGER NOT NULL, -- since when the secret is good
    disabled  INTEGER NOT NULL, -- since when the site is shut; 0: not
    width     INTEGER NOT NULL, -- of thumbnails, in pixels
    height    INTEGER NOT NULL,
    registers INTEGER NOT NULL CHECK (registers IN (0, 1)) -- 1: people register by themselves
) STRICT;

-- Pages that may call without a signature.
CREATE TABLE site_origins (
    api_key TEXT NOT NULL REFERENCES sites (api_key),
    origin  TEXT NOT NULL,
    PRIMARY KEY (api_key, origin)
) STRICT, WITHOUT ROWID;

-- Keys of users and applications of a site.
CREATE TABLE site_keys (
    user_key TEXT    NOT NULL PRIMARY KEY,
    api_key  TEXT    NOT NULL REFERENCES sites (api_key),
    secret   TEXT    NOT NULL, -- sealed; '' of an RSA key
    public   TEXT    NOT NULL, -- in PEM; '' of a secret
    created  INTEGER NOT NULL
) STRICT;

-- What was signed once and is not believed again.
CREATE TABLE nonces (
    hash    TEXT    NOT NULL PRIMARY KEY,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_expires ON nonces (expires);

-- Photos that were sent and not published: uploads that only whoever sent them sees. The person may be one who is
-- about to be registered: no reference.
CREATE TABLE temporary_photos (
    community INTEGER NOT NULL,
    guid      TEXT    NOT NULL,
    upload    TEXT    NOT NULL,
    holder    TEXT    NOT NULL, -- hash of the session or token with which it was sent; '' of a signed call
    created   INTEGER NOT NULL,
    PRIMARY KEY (community, guid)
) STRICT, WITHOUT ROWID;

-- Photos trimmed to the size that a site wants.
CREATE TABLE thumbnails (
    version TEXT    NOT NULL PRIMARY KEY,
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    type    TEXT    NOT NULL,
    bytes   BLOB    NOT NULL
) STRICT;

-- What socialize.setUserInfo said of a person.
CREATE TABLE profiles (
    community INTEGER NOT NULL,
    guid      TEXT    NOT NULL,
    fields    TEXT    NOT NULL, -- a JSON object
    updated   INTEGER NOT NULL,
    PRIMARY KEY (community, guid)
) STRICT, WITHOUT ROWID;

-- Answers that a page could not read and asks for again.
CREATE TABLE saved_answers (
    hash    TEXT    NOT NULL PRIMARY KEY,
    answer  TEXT    NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_answers_expires ON saved_answers (expires);
