-- +goose Up

-- Many renditions of a photo lie in one blob, end to end; those that are the same share their bytes. Their shape is
-- 0 square, 1 wide or 2 whole, and pixels is the side that it names.

ALTER TABLE renditions RENAME TO squares;
CREATE TABLE renditions (
    version  TEXT COLLATE "C" NOT NULL REFERENCES photos (version),
    shape    BIGINT NOT NULL CHECK (shape BETWEEN 0 AND 2),
    pixels   BIGINT NOT NULL CHECK (pixels > 0),
    type     TEXT COLLATE "C" NOT NULL,
    recipe   BIGINT NOT NULL,
    blob     TEXT COLLATE "C" NOT NULL,
    blob_off BIGINT NOT NULL,
    length   BIGINT NOT NULL,
    crc      BIGINT NOT NULL,
    width    BIGINT NOT NULL,
    height   BIGINT NOT NULL,
    PRIMARY KEY (version, shape, pixels, type)
);
INSERT INTO renditions (version, shape, pixels, type, recipe, blob, blob_off, length, crc, width, height)
    SELECT version, 0, size, type, recipe, blob, 0, length, crc, width, height FROM squares;
DROP TABLE squares;

-- The square that was asked for, in pixels of the upright picture; all 0 is the centre square.
ALTER TABLE photos ADD COLUMN crop_x BIGINT NOT NULL DEFAULT 0;
ALTER TABLE photos ADD COLUMN crop_y BIGINT NOT NULL DEFAULT 0;
ALTER TABLE photos ADD COLUMN crop_size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE photos ADD COLUMN thumbhash BYTEA;
ALTER TABLE photos ADD COLUMN colour BIGINT NOT NULL DEFAULT 0; -- red, green and blue, eight bits each

-- Photos that are over, and until when their rows are of use.
CREATE INDEX photos_over ON photos (due) WHERE state > 1 AND due > 0;

UPDATE schema SET min_reader = 3;
