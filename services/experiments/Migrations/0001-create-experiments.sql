-- Comparisons of variants over units. `layer` and `prerequisites` are told by keys, as code is. What has a `holdout` is how
-- that holdout is measured: its arms are who is withheld and who is not, and nobody is assigned by it.
CREATE TABLE experiments (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    hypothesis TEXT,
    owner TEXT,
    unit_type TEXT NOT NULL,
    status TEXT NOT NULL,
    hash_version INTEGER NOT NULL CHECK (hash_version IN (1, 2)),
    seed TEXT NOT NULL,
    hash_attribute TEXT NOT NULL,
    fallback_attribute TEXT CHECK (fallback_attribute IS NULL OR is_sticky),
    condition TEXT,
    prerequisites TEXT NOT NULL,
    is_sticky INTEGER NOT NULL CHECK (is_sticky IN (0, 1)),
    bucket_version INTEGER NOT NULL CHECK (bucket_version >= 0),
    minimum_bucket_version INTEGER NOT NULL CHECK (minimum_bucket_version BETWEEN 0 AND bucket_version),
    start_at INTEGER,
    end_at INTEGER CHECK (end_at > start_at),
    -- The phase that is open or was last; 0 before the first.
    phase INTEGER NOT NULL DEFAULT 0 CHECK ((phase = 0) = (status = 'draft')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    holdout INTEGER UNIQUE REFERENCES holdouts (number)
) STRICT;
CREATE INDEX experiments_by_status ON experiments (status);

-- What may follow what.
CREATE TABLE experiment_transitions (
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (before, after)
) STRICT, WITHOUT ROWID;
INSERT INTO experiment_transitions (before, after) VALUES
    ('draft', 'active'), ('active', 'paused'), ('paused', 'active'), ('active', 'completed'), ('paused', 'completed'),
    ('completed', 'archived');

CREATE TRIGGER experiments_begin BEFORE INSERT ON experiments WHEN NEW.status <> 'draft'
BEGIN SELECT RAISE(ABORT, 'an experiment begins as a draft'); END;

CREATE TRIGGER experiments_follow BEFORE UPDATE OF status ON experiments
WHEN OLD.status <> NEW.status AND NOT EXISTS (
    SELECT 1 FROM experiment_transitions WHERE before = OLD.status AND after = NEW.status)
BEGIN SELECT RAISE(ABORT, 'experiment_transitions has no such step for an experiment'); END;

-- What the hash depends on is pinned from the first phase on.
CREATE TRIGGER experiments_keep_their_hash
BEFORE UPDATE OF key, unit_type, hash_version, seed, hash_attribute, fallback_attribute ON experiments
WHEN OLD.phase > 0 AND (
    NEW.key <> OLD.key OR NEW.unit_type <> OLD.unit_type OR NEW.hash_version <> OLD.hash_version
    OR NEW.seed <> OLD.seed OR NEW.hash_attribute <> OLD.hash_attribute
    OR NEW.fallback_attribute IS NOT OLD.fallback_attribute)
BEGIN SELECT RAISE(ABORT, 'an experiment that was started keeps what its hash depends on'); END;

-- Arms. One that is taken out of its experiment stays here, without a place: what it brought is still told.
CREATE TABLE variants (
    number INTEGER PRIMARY KEY,
    experiment INTEGER NOT NULL REFERENCES experiments (number) ON DELETE CASCADE,
    key TEXT NOT NULL,
    place INTEGER,
    name TEXT,
    description TEXT,
    allocation INTEGER NOT NULL CHECK (allocation BETWEEN 0 AND 10000),
    is_control INTEGER NOT NULL CHECK (is_control IN (0, 1)),
    config TEXT,
    UNIQUE (experiment, key),
    UNIQUE (experiment, place),
    CHECK (place IS NOT NULL OR (allocation = 0 AND NOT is_control))
) STRICT;
CREATE UNIQUE INDEX variants_one_control ON variants (experiment) WHERE is_control;

-- Stretches of constant allocation, targeting and variants. Only their end is ever written.
CREATE TABLE phases (
    experiment INTEGER NOT NULL REFERENCES experiments (number) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    opened_at INTEGER NOT NULL,
    closed_at INTEGER CHECK (closed_at >= opened_at),
    reason TEXT NOT NULL CHECK (reason IN ('start', 'allocation', 'targeting', 'variants')),
    condition TEXT,
    prerequisites TEXT NOT NULL,
    PRIMARY KEY (experiment, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER phases_stay BEFORE UPDATE ON phases
WHEN OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR NEW.opened_at <> OLD.opened_at OR NEW.reason <> OLD.reason
    OR NEW.condition IS NOT OLD.condition OR NEW.prerequisites <> OLD.prerequisites
BEGIN SELECT RAISE(ABORT, 'of a phase only the end is written, once'); END;

-- Which buckets of 10,000 were whose in a phase: a JSON array of ranges.
CREATE TABLE phase_arms (
    experiment INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    place INTEGER NOT NULL,
    variant INTEGER NOT NULL REFERENCES variants (number),
    buckets TEXT NOT NULL,
    PRIMARY KEY (experiment, phase, place),
    FOREIGN KEY (experiment, phase) REFERENCES phases (experiment, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER phase_arms_stay BEFORE UPDATE ON phase_arms
BEGIN SELECT RAISE(ABORT, 'the arms of a phase are never changed'); END;

-- How often anything changed that decides about assignments.
CREATE TABLE assignment_config (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO assignment_config (id, version) VALUES (1, 0);

-- The units of sticky experiments that have a variant, under the name that was hashed.
CREATE TABLE units (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    type TEXT NOT NULL,
    unit TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    UNIQUE (type, unit)
) STRICT;

-- Assignments that are kept, and what they came from.
CREATE TABLE assignments (
    experiment INTEGER NOT NULL REFERENCES experiments (number),
    unit INTEGER NOT NULL REFERENCES units (number),
    hash_attribute TEXT NOT NULL,
    bucket_version INTEGER NOT NULL,
    variant INTEGER NOT NULL REFERENCES variants (number),
    reason TEXT NOT NULL,
    bucket INTEGER,
    propensity REAL,
    phase INTEGER NOT NULL,
    version INTEGER NOT NULL,
    assigned_at INTEGER NOT NULL,
    PRIMARY KEY (unit, experiment, hash_attribute)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignments_by_experiment ON assignments (experiment);
