-- Groups of people by a rule. Who is in one is asked of what is known of people, whenever it is asked; no membership is
-- kept.
CREATE TABLE segments (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    rule TEXT NOT NULL,
    is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- How many people were in a segment, of how many there were: one count for each day, in UTC, since 1970.
CREATE TABLE segment_sizes (
    segment INTEGER NOT NULL REFERENCES segments (number),
    day INTEGER NOT NULL,
    people INTEGER NOT NULL CHECK (people >= 0),
    everybody INTEGER NOT NULL CHECK (everybody >= people),
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (segment, day)
) STRICT, WITHOUT ROWID;
