-- What was spent of rate limits, ahead of what is known to have been spent: see Limits/BucketTable.
CREATE TABLE limit_buckets (
    kind TEXT NOT NULL CHECK (kind IN ('key', 'brand', 'class', 'process')),
    -- 16 bytes: the id of a key or a brand, the number of a class of methods.
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    -- When the bucket is full again, in nanoseconds of the clock that limit_checkpoint names.
    arrival INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- Which clock the buckets count by, when they were last written, and whether the process that wrote them ended in
-- good order since.
CREATE TABLE limit_checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot TEXT NOT NULL,
    clock INTEGER NOT NULL,
    is_clean INTEGER NOT NULL CHECK (is_clean IN (0, 1))
) STRICT;

-- What was used of quotas in the last two days and months, ahead of what is known to have been used.
CREATE TABLE quota_uses (
    kind TEXT NOT NULL CHECK (kind IN ('key', 'brand')),
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    period TEXT NOT NULL CHECK (period IN ('day', 'month')),
    -- Days or months since 1970.
    number INTEGER NOT NULL,
    units INTEGER NOT NULL CHECK (units >= 0),
    PRIMARY KEY (kind, subject, period, number)
) STRICT, WITHOUT ROWID;
