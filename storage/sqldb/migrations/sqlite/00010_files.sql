-- +goose Up

-- What Salesforce's clients say of a file, and its later versions. A file is named by the upload that is its first version;
-- of that one there is a row only if it came in their words.
CREATE TABLE file_versions (
    community   INTEGER NOT NULL,
    file        TEXT    NOT NULL, -- key of the upload of the first version
    number      INTEGER NOT NULL CHECK (number >= 1),
    upload      TEXT    NOT NULL,
    title       TEXT    NOT NULL, -- '': nothing was said
    description TEXT    NOT NULL,
    checksum    TEXT    NOT NULL, -- MD5 in hexadecimal digits
    PRIMARY KEY (community, file, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_versions_upload ON file_versions (upload);
