-- +goose Up

-- Declared bytes of what the owner has created on that day of UTC (counted from 1970), whatever became of it.
ALTER TABLE owners ADD COLUMN day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE owners ADD COLUMN day_bytes BIGINT NOT NULL DEFAULT 0;

-- What nodes have counted together of each name in the window of time that ends then. After a crash it begins anew:
-- it is not worth a log.
CREATE UNLOGGED TABLE rates (
    name TEXT COLLATE "C" NOT NULL,
    ends BIGINT NOT NULL,
    n    BIGINT NOT NULL,
    PRIMARY KEY (name, ends)
);
CREATE INDEX rates_ends ON rates (ends);
