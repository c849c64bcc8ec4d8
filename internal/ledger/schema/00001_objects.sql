-- +goose Up
CREATE TABLE objects (
    run           TEXT    NOT NULL,
    object_id     TEXT    NOT NULL,
    revision      TEXT    NOT NULL,
    bucket        TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    size          BIGINT  NOT NULL,
    modified      BIGINT  NOT NULL, -- microseconds since 1970, by the source's clock
    progress      INTEGER NOT NULL, -- 1 found, 2 staged, 3 hashed, 4 uploaded, 5 closed
    verdict       TEXT    NOT NULL, -- the strongest disposition that events gave, '' while open
    disposition   TEXT    NOT NULL, -- the verdict, or superseded where a newer revision replaced a closed one
    reason        TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    class         TEXT    NOT NULL, -- how sameness was judged
    source_proof  TEXT    NOT NULL,
    sha256        TEXT    NOT NULL,
    target_sha256 TEXT    NOT NULL,
    package_id    TEXT    NOT NULL,
    origin        TEXT    NOT NULL,
    hint          TEXT    NOT NULL,
    stage         TEXT    NOT NULL, -- that of the last event that changed the row
    updated       BIGINT  NOT NULL, -- microseconds since 1970
    -- The object first: enumerate and the sweep of the staging area ask for
    -- objects whatever the run.
    PRIMARY KEY (object_id, run, revision)
);
CREATE INDEX objects_by_disposition ON objects (run, disposition, key);

-- One row a page of a listing. A listing is complete when its last page
-- (state 1) and all pages before it (state 0) are there; state -1 is a page
-- that was given up.
CREATE TABLE pages (
    run     TEXT    NOT NULL,
    listing INTEGER NOT NULL,
    prefix  TEXT    NOT NULL,
    page    INTEGER NOT NULL,
    state   INTEGER NOT NULL,
    PRIMARY KEY (run, listing, prefix, page)
);

-- Records that could not be understood and belong to no object.
CREATE TABLE parked (
    run       TEXT    NOT NULL,
    topic     TEXT    NOT NULL,
    partition INTEGER NOT NULL,
    position  BIGINT  NOT NULL,
    reason    TEXT    NOT NULL,
    PRIMARY KEY (run, topic, partition, position)
);

-- Sums over objects, kept in the transactions that change the rows, so that
-- progress costs the same with ten objects and with ten million.
CREATE TABLE totals (
    run         TEXT   NOT NULL,
    disposition TEXT   NOT NULL, -- '' is in flight
    objects     BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    PRIMARY KEY (run, disposition)
);

-- +goose Down
DROP TABLE totals;
DROP TABLE parked;
DROP TABLE pages;
DROP TABLE objects;
