-- +goose Up

-- Communities take turns: the oldest pending photo of one, then of the next.
CREATE INDEX photos_turn ON photos (community, due, version) WHERE state = 1;
DROP INDEX photos_due;
