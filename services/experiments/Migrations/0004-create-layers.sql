-- Experiments that exclude each other.
CREATE TABLE layers (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    hash_version INTEGER NOT NULL CHECK (hash_version IN (1, 2)),
    seed TEXT NOT NULL,
    hash_attribute TEXT NOT NULL,
    is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER layers_keep_their_hash BEFORE UPDATE OF key, hash_version, seed, hash_attribute ON layers
BEGIN SELECT RAISE(ABORT, 'a layer keeps what its hash depends on'); END;

-- Whose the buckets of layers are now: a row for each range [lower, upper).
CREATE TABLE layer_ranges (
    layer INTEGER NOT NULL REFERENCES layers (number),
    lower INTEGER NOT NULL CHECK (lower >= 0),
    upper INTEGER NOT NULL CHECK (upper > lower AND upper <= 10000),
    experiment INTEGER NOT NULL REFERENCES experiments (number),
    PRIMARY KEY (layer, lower)
) STRICT, WITHOUT ROWID;
CREATE INDEX layer_ranges_by_experiment ON layer_ranges (experiment);

CREATE TRIGGER layer_ranges_exclude BEFORE INSERT ON layer_ranges
WHEN EXISTS (
    SELECT 1 FROM layer_ranges WHERE layer = NEW.layer AND lower < NEW.upper AND upper > NEW.lower)
BEGIN SELECT RAISE(ABORT, 'a bucket of a layer is of one experiment'); END;

CREATE TRIGGER layer_ranges_of_one_layer BEFORE INSERT ON layer_ranges
WHEN EXISTS (SELECT 1 FROM layer_ranges WHERE experiment = NEW.experiment AND layer <> NEW.layer)
    OR (SELECT is_archived FROM layers WHERE number = NEW.layer)
BEGIN SELECT RAISE(ABORT, 'an experiment is in one layer at most, and in none that is archived'); END;

CREATE TRIGGER layer_ranges_stay BEFORE UPDATE ON layer_ranges
BEGIN SELECT RAISE(ABORT, 'a range of a layer is given and taken, and not changed'); END;

CREATE TRIGGER layers_in_use_stay BEFORE UPDATE OF is_archived ON layers
WHEN NEW.is_archived AND EXISTS (SELECT 1 FROM layer_ranges WHERE layer = NEW.number)
BEGIN SELECT RAISE(ABORT, 'a layer that experiments use is not archived'); END;

-- Which buckets of which layer an experiment had in a phase: a JSON array of ranges.
CREATE TABLE phase_slots (
    experiment INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    layer INTEGER NOT NULL REFERENCES layers (number),
    buckets TEXT NOT NULL,
    PRIMARY KEY (experiment, phase),
    FOREIGN KEY (experiment, phase) REFERENCES phases (experiment, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER phase_slots_stay BEFORE UPDATE ON phase_slots
BEGIN SELECT RAISE(ABORT, 'what a phase had of a layer is never changed'); END;

-- Units that are withheld from experiments: the buckets 0 up to the share.
CREATE TABLE holdouts (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    share INTEGER NOT NULL CHECK (share BETWEEN 1 AND 10000),
    scope TEXT NOT NULL CHECK (scope IN ('everything', 'layers', 'experiments')),
    unit_type TEXT NOT NULL,
    hash_version INTEGER NOT NULL CHECK (hash_version IN (1, 2)),
    seed TEXT NOT NULL,
    hash_attribute TEXT NOT NULL,
    start_at INTEGER NOT NULL,
    end_at INTEGER CHECK (end_at >= start_at),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER holdouts_keep_their_units
BEFORE UPDATE OF key, share, scope, unit_type, hash_version, seed, hash_attribute ON holdouts
WHEN NEW.share < OLD.share OR NEW.key <> OLD.key OR NEW.scope <> OLD.scope OR NEW.unit_type <> OLD.unit_type
    OR NEW.hash_version <> OLD.hash_version OR NEW.seed <> OLD.seed OR NEW.hash_attribute <> OLD.hash_attribute
BEGIN SELECT RAISE(ABORT, 'a holdout lets nobody go before it ends'); END;

-- What a holdout withholds from, where that is not everything: layers or experiments.
CREATE TABLE holdout_members (
    holdout INTEGER NOT NULL REFERENCES holdouts (number),
    place INTEGER NOT NULL,
    layer INTEGER REFERENCES layers (number),
    experiment INTEGER REFERENCES experiments (number),
    PRIMARY KEY (holdout, place),
    CHECK ((layer IS NULL) <> (experiment IS NULL))
) STRICT, WITHOUT ROWID;

-- Lists of values, or conditions, that conditions name.
CREATE TABLE saved_groups (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    attribute TEXT,
    condition TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- The lists: rows of their own, for values are people's identifiers as a rule.
CREATE TABLE saved_group_entries (
    saved_group INTEGER NOT NULL REFERENCES saved_groups (number) ON DELETE CASCADE,
    value TEXT NOT NULL,
    PRIMARY KEY (saved_group, value)
) STRICT, WITHOUT ROWID;

-- Which kind of identifier units have, where the brand said so. NULL: they are nobody's.
CREATE TABLE unit_types (
    type TEXT NOT NULL PRIMARY KEY,
    identifier_type TEXT
) STRICT, WITHOUT ROWID;

-- What was decided by hand for units. No variant: the unit is kept out.
CREATE TABLE forced_assignments (
    number INTEGER PRIMARY KEY,
    experiment INTEGER NOT NULL REFERENCES experiments (number),
    unit INTEGER NOT NULL REFERENCES units (number),
    variant INTEGER REFERENCES variants (number),
    note TEXT,
    expires_at INTEGER,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    UNIQUE (unit, experiment)
) STRICT;
CREATE INDEX forced_assignments_by_experiment ON forced_assignments (experiment);

-- Whose data may be kept and not used, as signals and privacy requests say: keyed hashes of identifiers, so that it
-- holds for units that come later as well.
CREATE TABLE unit_restrictions (
    digest BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('restriction', 'objection')),
    request BLOB,
    since INTEGER NOT NULL,
    PRIMARY KEY (digest, kind)
) STRICT, WITHOUT ROWID;
