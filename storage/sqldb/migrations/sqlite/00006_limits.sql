-- +goose Up

-- Declared bytes of what the owner has created on that day of UTC (counted from 1970), whatever became of it.
ALTER TABLE owners ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE owners ADD COLUMN day_bytes INTEGER NOT NULL DEFAULT 0;

-- What nodes have counted together of each name in the window of time that ends then.
CREATE TABLE rates (
    name TEXT    NOT NULL,
    ends INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    PRIMARY KEY (name, ends)
) STRICT, WITHOUT ROWID;
CREATE INDEX rates_ends ON rates (ends);
