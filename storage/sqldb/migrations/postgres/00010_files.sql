-- +goose Up

-- What Salesforce's clients say of a file, and its later versions. A file is named by the upload that is its first version;
-- of that one there is a row only if it came in their words.
CREATE TABLE file_versions (
    community   BIGINT NOT NULL,
    file        TEXT COLLATE "C" NOT NULL, -- key of the upload of the first version
    number      BIGINT NOT NULL CHECK (number >= 1),
    upload      TEXT COLLATE "C" NOT NULL,
    title       TEXT COLLATE "C" NOT NULL, -- '': nothing was said
    description TEXT COLLATE "C" NOT NULL,
    checksum    TEXT COLLATE "C" NOT NULL, -- MD5 in hexadecimal digits
    PRIMARY KEY (community, file, number)
);
CREATE INDEX file_versions_upload ON file_versions (upload);
