-- +goose Up

-- Sites are what Gigya's clients call an account of theirs: a key by which they name a community, and secrets with which
-- they sign. The secrets are sealed with the deployment's key.
CREATE TABLE sites (
    api_key   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    community BIGINT NOT NULL REFERENCES communities (key),
    secret    TEXT COLLATE "C" NOT NULL,
    created   BIGINT NOT NULL,
    rotated   BIGINT NOT NULL, -- since when the secret is good
    disabled  BIGINT NOT NULL, -- since when the site is shut; 0: not
    width     BIGINT NOT NULL, -- of thumbnails, in pixels
    height    BIGINT NOT NULL,
    registers BIGINT NOT NULL CHECK (registers IN (0, 1)) -- 1: people register by themselves
);

-- Pages that may call without a signature.
CREATE TABLE site_origins (
    api_key TEXT COLLATE "C" NOT NULL REFERENCES sites (api_key),
    origin  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (api_key, origin)
);

-- Keys of users and applications of a site.
CREATE TABLE site_keys (
    user_key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    api_key  TEXT COLLATE "C" NOT NULL REFERENCES sites (api_key),
    secret   TEXT COLLATE "C" NOT NULL, -- sealed; '' of an RSA key
    public   TEXT COLLATE "C" NOT NULL, -- in PEM; '' of a secret
    created  BIGINT NOT NULL
);

-- What was signed once and is not believed again.
CREATE TABLE nonces (
    hash    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX nonces_expires ON nonces (expires);

-- Photos that were sent and not published: uploads that only whoever sent them sees. The person may be one who is
-- about to be registered: no reference.
CREATE TABLE temporary_photos (
    community BIGINT NOT NULL,
    guid      TEXT COLLATE "C" NOT NULL,
    upload    TEXT COLLATE "C" NOT NULL,
    holder    TEXT COLLATE "C" NOT NULL, -- hash of the session or token with which it was sent; '' of a signed call
    created   BIGINT NOT NULL,
    PRIMARY KEY (community, guid)
);

-- Photos trimmed to the size that a site wants.
CREATE TABLE thumbnails (
    version TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    width   BIGINT NOT NULL,
    height  BIGINT NOT NULL,
    type    TEXT COLLATE "C" NOT NULL,
    bytes   BYTEA   NOT NULL
);

-- What socialize.setUserInfo said of a person.
CREATE TABLE profiles (
    community BIGINT NOT NULL,
    guid      TEXT COLLATE "C" NOT NULL,
    fields    TEXT COLLATE "C" NOT NULL, -- a JSON object
    updated   BIGINT NOT NULL,
    PRIMARY KEY (community, guid)
);

-- Answers that a page could not read and asks for again.
CREATE TABLE saved_answers (
    hash    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    answer  TEXT COLLATE "C" NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX saved_answers_expires ON saved_answers (expires);
