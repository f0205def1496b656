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
-- Measures. What one counts is never changed: sums that were kept would be of another measure.
CREATE TABLE metrics (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    kind TEXT NOT NULL CHECK (kind IN (
        'proportion', 'count', 'mean', 'ratio', 'quantile', 'eventQuantile', 'retention')),
    event TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('client', 'signals')),
    value_field TEXT,
    denominator_event TEXT,
    denominator_field TEXT,
    share REAL,
    from_seconds INTEGER,
    to_seconds INTEGER,
    delay_seconds INTEGER NOT NULL,
    window_seconds INTEGER,
    counts_finished_windows_only INTEGER NOT NULL CHECK (counts_finished_windows_only IN (0, 1)),
    look_back_seconds INTEGER,
    bounds TEXT,
    direction TEXT NOT NULL CHECK (direction IN ('higherIsBetter', 'lowerIsBetter')),
    is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER metrics_stay BEFORE UPDATE OF
    key, kind, event, source, value_field, denominator_event, denominator_field, share, from_seconds, to_seconds,
    delay_seconds, window_seconds, counts_finished_windows_only, look_back_seconds, bounds, direction ON metrics
BEGIN SELECT RAISE(ABORT, 'what a metric counts is never changed'); END;

-- How an experiment is judged.
CREATE TABLE result_plans (
    experiment INTEGER PRIMARY KEY REFERENCES experiments (number) ON DELETE CASCADE,
    engine TEXT NOT NULL,
    alpha REAL NOT NULL,
    correction TEXT NOT NULL,
    planned_units INTEGER,
    looks TEXT,
    spending TEXT,
    prior TEXT,
    sample_ratio_alpha REAL NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- What is measured in it. `filled_through` says up to which unit, by number, what happened before the metric was added
-- has been reckoned; NULL: all of it.
CREATE TABLE planned_metrics (
    experiment INTEGER NOT NULL REFERENCES result_plans (experiment) ON DELETE CASCADE,
    metric INTEGER NOT NULL REFERENCES metrics (number),
    place INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('goal', 'secondary', 'guardrail')),
    scale TEXT NOT NULL CHECK (scale IN ('absolute', 'relative')),
    margin REAL,
    worth_having REAL,
    filled_through INTEGER,
    PRIMARY KEY (experiment, metric)
) STRICT, WITHOUT ROWID;
CREATE INDEX planned_metrics_by_metric ON planned_metrics (metric);

-- Experiments whose shares follow what is known of their variants. `floor` is in ten-thousandths of the units that the
-- experiment has; no `period_seconds`: somebody says when.
CREATE TABLE share_rules (
    experiment INTEGER PRIMARY KEY REFERENCES experiments (number) ON DELETE CASCADE,
    metric INTEGER NOT NULL REFERENCES metrics (number),
    method TEXT NOT NULL CHECK (method IN ('thompson', 'topTwo')),
    floor INTEGER NOT NULL CHECK (floor > 0),
    burn_in_units INTEGER NOT NULL,
    period_seconds INTEGER,
    looked_at INTEGER,
    version INTEGER NOT NULL
) STRICT;

-- When shares were moved, and what was known: JSON of all variants with their propensities.
CREATE TABLE share_moves (
    experiment INTEGER NOT NULL REFERENCES experiments (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    mover TEXT NOT NULL CHECK (mover IN ('caller', 'period')),
    arms TEXT NOT NULL,
    PRIMARY KEY (experiment, number),
    FOREIGN KEY (experiment, phase) REFERENCES phases (experiment, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER share_moves_stay BEFORE UPDATE ON share_moves
BEGIN SELECT RAISE(ABORT, 'how shares were moved is never changed'); END;

-- What units did. A unit has an event of one name once; the index that says so also finds the events of a unit.
CREATE TABLE experiment_events (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    unit INTEGER NOT NULL REFERENCES units (number),
    message_id TEXT,
    type TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('client', 'signals')),
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    retracted_at INTEGER,
    context TEXT,
    metrics TEXT,
    payload TEXT,
    UNIQUE (unit, source, message_id)
) STRICT;
CREATE INDEX experiment_events_by_type ON experiment_events (type, occurred_at);

-- In which variants an event happened, as its sender said.
CREATE TABLE event_variants (
    event INTEGER NOT NULL REFERENCES experiment_events (number) ON DELETE CASCADE,
    experiment INTEGER NOT NULL REFERENCES experiments (number),
    variant INTEGER NOT NULL REFERENCES variants (number),
    -- As of the event.
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (event, experiment)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_variants_by_experiment ON event_variants (experiment, occurred_at, event);

-- Who met which variant: the first time in each phase.
CREATE TABLE experiment_exposures (
    number INTEGER PRIMARY KEY,
    experiment INTEGER NOT NULL REFERENCES experiments (number),
    phase INTEGER NOT NULL,
    unit INTEGER NOT NULL REFERENCES units (number),
    variant INTEGER NOT NULL REFERENCES variants (number),
    exposed_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (unit, experiment, phase)
) STRICT;
CREATE INDEX experiment_exposures_by_experiment ON experiment_exposures (experiment, number);

-- By which attributes the units of an experiment are told apart: a segment for each value that its plan names, and one
-- without a value for all others.
CREATE TABLE segments (
    number INTEGER PRIMARY KEY,
    experiment INTEGER NOT NULL REFERENCES result_plans (experiment) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT,
    UNIQUE (experiment, attribute, value)
) STRICT;
CREATE INDEX segments_by_experiment ON segments (experiment, place);

-- In which segments a unit is, as its first exposure said.
CREATE TABLE entry_segments (
    unit INTEGER NOT NULL REFERENCES units (number),
    experiment INTEGER NOT NULL REFERENCES experiments (number),
    segment INTEGER NOT NULL REFERENCES segments (number),
    PRIMARY KEY (unit, experiment, segment)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_segments_by_segment ON entry_segments (segment);

-- Units as an analysis counts them: in the phase, and with the variant, of their first exposure.
CREATE TABLE entries (
    unit INTEGER NOT NULL REFERENCES units (number),
    experiment INTEGER NOT NULL REFERENCES experiments (number),
    phase INTEGER NOT NULL,
    variant INTEGER NOT NULL REFERENCES variants (number),
    exposed_at INTEGER NOT NULL,
    has_several INTEGER NOT NULL DEFAULT 0 CHECK (has_several IN (0, 1)),
    PRIMARY KEY (unit, experiment)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_experiment ON entries (experiment, unit);

-- How many entered on which day of UTC, counted from 1970-01-01, and how many of them met several variants.
CREATE TABLE entry_days (
    experiment INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    day INTEGER NOT NULL,
    units INTEGER NOT NULL,
    several INTEGER NOT NULL,
    PRIMARY KEY (experiment, phase, variant, day)
) STRICT, WITHOUT ROWID;

-- What one unit did for one metric of an experiment, day by day: bytes of a UnitTrajectory.
CREATE TABLE unit_trajectories (
    unit INTEGER NOT NULL REFERENCES units (number),
    experiment INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    trajectory BLOB NOT NULL,
    PRIMARY KEY (unit, experiment, metric)
) STRICT, WITHOUT ROWID;

-- What the units of a variant amount to, by the day on which it changed: bytes of a Tally. Segment 0 is all of them.
CREATE TABLE metric_days (
    experiment INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    day INTEGER NOT NULL,
    tally BLOB NOT NULL,
    PRIMARY KEY (experiment, metric, segment, phase, variant, day)
) STRICT, WITHOUT ROWID;

-- The same for the bins of quantiles.
CREATE TABLE metric_bins (
    experiment INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    day INTEGER NOT NULL,
    bin INTEGER NOT NULL,
    tally BLOB NOT NULL,
    PRIMARY KEY (experiment, metric, segment, phase, variant, day, bin)
) STRICT, WITHOUT ROWID;

-- Single events of a variant's units, by the hour in which they happened, counted from 1970-01-01. Each sum is kept in two
-- parts, high and low. An hour from which something was retracted has its extremes reckoned anew.
CREATE TABLE metric_hours (
    experiment INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    sum_high REAL NOT NULL,
    sum_low REAL NOT NULL,
    squares_high REAL NOT NULL,
    squares_low REAL NOT NULL,
    minimum REAL NOT NULL,
    maximum REAL NOT NULL,
    PRIMARY KEY (experiment, metric, variant, hour)
) STRICT, WITHOUT ROWID;

-- The seed's views. Names of a program's own: people ask the methods.
CREATE VIEW experiment_metrics AS
SELECT experiments.name AS experiment_name, coalesce(variants.name, variants.key) AS variant_name,
    metrics.key AS metric_name, (sum_high + sum_low) / count AS mean, count,
    hour * 3600000000 AS bucket_start
FROM metric_hours
    JOIN experiments ON experiments.number = metric_hours.experiment
    JOIN variants ON variants.number = metric_hours.variant
    JOIN metrics ON metrics.number = metric_hours.metric
WHERE count > 0;

CREATE VIEW active_experiments AS
SELECT experiments.*, count(variants.number) AS variant_count, coalesce(sum(variants.allocation), 0) AS total_allocation
FROM experiments
    LEFT JOIN variants ON variants.experiment = experiments.number AND variants.place IS NOT NULL
WHERE experiments.status = 'active' AND experiments.holdout IS NULL
GROUP BY experiments.number;

-- The events that metrics count of signals, for units of which type: how far they were fetched, and how far there is
-- something to fetch, by place in the order of arrival there. Who arrives says where the first of them is, so one goes on
-- to the end.
CREATE TABLE followed_events (
    event TEXT NOT NULL,
    unit_type TEXT NOT NULL,
    -- Which of its numbers are asked for: a JSON array.
    fields TEXT NOT NULL,
    fetched_through INTEGER NOT NULL DEFAULT 0,
    -- Whether there was nothing behind that.
    reached_end INTEGER NOT NULL DEFAULT 0 CHECK (reached_end IN (0, 1)),
    wanted_through INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (event, unit_type)
) STRICT, WITHOUT ROWID;
-- Decision-makers of which there are versions. The current version is one of its own, and active.
CREATE TABLE policies (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    requires_replay INTEGER NOT NULL CHECK (requires_replay IN (0, 1)),
    current_version INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    FOREIGN KEY (number, current_version) REFERENCES policy_versions (policy, version)
) STRICT;

-- Versions of policies. `hash` is SHA-256 over the canonical JSON of what they say.
CREATE TABLE policy_versions (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    policy INTEGER NOT NULL REFERENCES policies (number),
    version INTEGER NOT NULL,
    mlflow_model_name TEXT,
    mlflow_model_version TEXT,
    config_defaults TEXT NOT NULL,
    description TEXT,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status_changed_at INTEGER NOT NULL,
    promoted_at INTEGER,
    UNIQUE (policy, version),
    CHECK ((mlflow_model_name IS NULL) = (mlflow_model_version IS NULL))
) STRICT;
CREATE INDEX policy_versions_by_model ON policy_versions (mlflow_model_name) WHERE mlflow_model_name IS NOT NULL;

-- What may follow what.
CREATE TABLE policy_version_transitions (
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (before, after)
) STRICT, WITHOUT ROWID;
INSERT INTO policy_version_transitions (before, after) VALUES ('active', 'deprecated'), ('deprecated', 'archived');

CREATE TRIGGER policy_versions_begin BEFORE INSERT ON policy_versions
WHEN NEW.status <> 'active' OR NEW.version <> 1 + (
    SELECT coalesce(max(version), 0) FROM policy_versions WHERE policy = NEW.policy)
BEGIN SELECT RAISE(ABORT, 'a version of a policy begins active, with the next number'); END;

CREATE TRIGGER policy_versions_follow BEFORE UPDATE OF status ON policy_versions
WHEN OLD.status <> NEW.status AND NOT EXISTS (
    SELECT 1 FROM policy_version_transitions WHERE before = OLD.status AND after = NEW.status)
BEGIN SELECT RAISE(ABORT, 'policy_version_transitions has no such step for a version of a policy'); END;

CREATE TRIGGER policy_versions_stay
BEFORE UPDATE OF number, id, policy, version, mlflow_model_name, mlflow_model_version, config_defaults, description, hash,
    created_at ON policy_versions
BEGIN SELECT RAISE(ABORT, 'of a version of a policy only the status changes'); END;

CREATE TRIGGER policy_versions_current_is_active BEFORE UPDATE OF status ON policy_versions
WHEN NEW.status <> 'active' AND EXISTS (
    SELECT 1 FROM policies WHERE number = OLD.policy AND current_version = OLD.version)
BEGIN SELECT RAISE(ABORT, 'the current version of a policy is active'); END;

CREATE TRIGGER policies_promote_what_is_active BEFORE UPDATE OF current_version ON policies
WHEN NEW.current_version IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM policy_versions WHERE policy = NEW.number AND version = NEW.current_version AND status = 'active')
BEGIN SELECT RAISE(ABORT, 'the current version of a policy is active'); END;

-- Versions of prompts. One name has the same content once.
CREATE TABLE prompt_versions (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    template TEXT NOT NULL,
    model_provider TEXT,
    model_name TEXT,
    params TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    UNIQUE (name, version),
    UNIQUE (name, hash)
) STRICT;

CREATE TRIGGER prompt_versions_count BEFORE INSERT ON prompt_versions
WHEN NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM prompt_versions WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'a version of a prompt has the next number'); END;

CREATE TRIGGER prompt_versions_stay BEFORE UPDATE ON prompt_versions
BEGIN SELECT RAISE(ABORT, 'a version of a prompt never changes'); END;

-- Versions of flows: state machines, as JSON. One name has the same content once.
CREATE TABLE flows (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    initial_state TEXT NOT NULL,
    states TEXT NOT NULL,
    transitions TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    UNIQUE (name, version),
    UNIQUE (name, hash)
) STRICT;

CREATE TRIGGER flows_count BEFORE INSERT ON flows
WHEN NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM flows WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'a version of a flow has the next number'); END;

CREATE TRIGGER flows_stay BEFORE UPDATE ON flows
BEGIN SELECT RAISE(ABORT, 'a version of a flow never changes'); END;

-- What the configs of variants refer to: what is referred to stays.
CREATE TABLE variant_references (
    variant INTEGER PRIMARY KEY REFERENCES variants (number) ON DELETE CASCADE,
    policy_version INTEGER REFERENCES policy_versions (number),
    prompt_version INTEGER REFERENCES prompt_versions (number),
    flow INTEGER REFERENCES flows (number),
    CHECK (policy_version IS NOT NULL OR prompt_version IS NOT NULL)
) STRICT;
CREATE INDEX variant_references_by_policy_version ON variant_references (policy_version)
WHERE policy_version IS NOT NULL;
CREATE INDEX variant_references_by_prompt_version ON variant_references (prompt_version)
WHERE prompt_version IS NOT NULL;
CREATE INDEX variant_references_by_flow ON variant_references (flow) WHERE flow IS NOT NULL;

CREATE TRIGGER experiments_start_with_what_is_active BEFORE UPDATE OF status ON experiments
WHEN OLD.status = 'draft' AND NEW.status = 'active' AND EXISTS (
    SELECT 1 FROM variants
        JOIN variant_references ON variant_references.variant = variants.number
        JOIN policy_versions ON policy_versions.number = variant_references.policy_version
    WHERE variants.experiment = NEW.number AND policy_versions.status <> 'active')
BEGIN SELECT RAISE(ABORT, 'an experiment starts with versions of policies that are active'); END;

-- An experiment that is behind its end runs no more, whether or not that was written down.
CREATE TRIGGER policy_versions_in_use BEFORE UPDATE OF status ON policy_versions
WHEN NEW.status = 'archived' AND EXISTS (
    SELECT 1 FROM variant_references
        JOIN variants ON variants.number = variant_references.variant
        JOIN experiments ON experiments.number = variants.experiment
    WHERE variant_references.policy_version = OLD.number AND experiments.status IN ('active', 'paused')
        AND coalesce(experiments.end_at > NEW.status_changed_at, 1))
BEGIN SELECT RAISE(ABORT, 'a version of a policy that a running experiment uses is not archived'); END;

-- What units got in each arm of a phase: a change of it opens the next one.
ALTER TABLE phase_arms ADD COLUMN config TEXT;
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
-- Sets of logged decisions. A sealed one is never changed.
CREATE TABLE datasets (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT,
    arms TEXT NOT NULL,
    features TEXT NOT NULL,
    reward TEXT NOT NULL,
    scores TEXT NOT NULL,
    metrics TEXT NOT NULL,
    targets TEXT NOT NULL,
    rows INTEGER NOT NULL DEFAULT 0 CHECK (rows BETWEEN 0 AND 1000000),
    -- Those of them whose unit was erased.
    erased_rows INTEGER NOT NULL DEFAULT 0 CHECK (erased_rows BETWEEN 0 AND rows),
    -- SHA-256 over the header, and then over itself and the hash of each row.
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    sealed_at INTEGER CHECK (sealed_at IS NULL OR rows > 0),
    UNIQUE (name, label)
) STRICT;

CREATE TRIGGER datasets_keep_their_header
BEFORE UPDATE OF id, name, label, description, arms, features, reward, scores, metrics, targets, created_at ON datasets
BEGIN SELECT RAISE(ABORT, 'the header of a dataset is never changed'); END;

CREATE TRIGGER datasets_stay BEFORE UPDATE OF rows, hash, sealed_at ON datasets WHEN OLD.sealed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a sealed dataset is never changed'); END;

CREATE TRIGGER datasets_are_kept BEFORE DELETE ON datasets WHEN OLD.sealed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a sealed dataset is never deleted'); END;

-- The SHA-256 of each row: what is left of it when its person is erased.
CREATE TABLE dataset_hashes (
    dataset INTEGER NOT NULL REFERENCES datasets (number) ON DELETE CASCADE,
    row INTEGER NOT NULL CHECK (row >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (dataset, row)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER dataset_hashes_stay BEFORE UPDATE ON dataset_hashes
BEGIN SELECT RAISE(ABORT, 'the rows of a dataset are never changed'); END;

CREATE TRIGGER dataset_hashes_end BEFORE INSERT ON dataset_hashes
WHEN (SELECT sealed_at FROM datasets WHERE number = NEW.dataset) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a sealed dataset takes no more rows'); END;

CREATE TRIGGER dataset_hashes_are_kept BEFORE DELETE ON dataset_hashes
WHEN (SELECT sealed_at FROM datasets WHERE number = OLD.dataset) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a sealed dataset keeps the hashes of its rows'); END;

-- The rows: JSON in canonical form. One goes when the unit it is about is erased, and only then.
CREATE TABLE dataset_rows (
    dataset INTEGER NOT NULL,
    row INTEGER NOT NULL,
    unit INTEGER REFERENCES units (number),
    body TEXT NOT NULL,
    PRIMARY KEY (dataset, row),
    FOREIGN KEY (dataset, row) REFERENCES dataset_hashes (dataset, row) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_rows_by_unit ON dataset_rows (unit) WHERE unit IS NOT NULL;

CREATE TRIGGER dataset_rows_stay BEFORE UPDATE ON dataset_rows
BEGIN SELECT RAISE(ABORT, 'the rows of a dataset are never changed'); END;

CREATE TRIGGER dataset_rows_end BEFORE INSERT ON dataset_rows
WHEN (SELECT sealed_at FROM datasets WHERE number = NEW.dataset) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a sealed dataset takes no more rows'); END;

CREATE TRIGGER dataset_rows_are_kept BEFORE DELETE ON dataset_rows
WHEN OLD.unit IS NULL AND (SELECT sealed_at FROM datasets WHERE number = OLD.dataset) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a sealed dataset keeps the rows that are nobody''s'); END;

CREATE TRIGGER dataset_rows_are_missed AFTER DELETE ON dataset_rows
BEGIN UPDATE datasets SET erased_rows = erased_rows + 1 WHERE number = OLD.dataset; END;

-- Policy versions judged on datasets; how each stands is said by its job.
CREATE TABLE replays (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE REFERENCES jobs (id),
    policy_version INTEGER NOT NULL REFERENCES policy_versions (number),
    baseline_version INTEGER REFERENCES policy_versions (number),
    dataset INTEGER NOT NULL REFERENCES datasets (number),
    -- What was asked, as JSON.
    settings TEXT NOT NULL,
    mlflow_run_id TEXT,
    results TEXT,
    is_better_than_baseline INTEGER CHECK (is_better_than_baseline IN (0, 1)),
    CHECK (is_better_than_baseline IS NULL OR results IS NOT NULL)
) STRICT;
CREATE INDEX replays_by_policy_version ON replays (policy_version);
CREATE INDEX replays_by_dataset ON replays (dataset);

CREATE TRIGGER replays_stay BEFORE UPDATE ON replays
WHEN OLD.results IS NOT NULL OR NEW.policy_version <> OLD.policy_version
    OR NEW.baseline_version IS NOT OLD.baseline_version OR NEW.dataset <> OLD.dataset OR NEW.settings <> OLD.settings
    OR NEW.mlflow_run_id IS NOT OLD.mlflow_run_id
BEGIN SELECT RAISE(ABORT, 'of a replay only the results are written, once'); END;

-- The sums of a replay that runs: 64-bit numbers in the order of the kernels' states.
CREATE TABLE replay_states (
    replay INTEGER PRIMARY KEY REFERENCES replays (number),
    figures BLOB NOT NULL
) STRICT;

-- Policies that learn from the rewards of their own decisions.
CREATE TABLE bandits (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    policy_version INTEGER NOT NULL REFERENCES policy_versions (number),
    kind TEXT NOT NULL CHECK (kind IN ('linUcb', 'thompson')),
    arms TEXT NOT NULL,
    features TEXT NOT NULL,
    floor REAL NOT NULL,
    optimism REAL NOT NULL,
    penalty REAL NOT NULL,
    -- Decisions that were taken.
    decisions INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER bandits_stay
BEFORE UPDATE OF id, key, policy_version, kind, arms, features, floor, optimism, penalty, created_at ON bandits
BEGIN SELECT RAISE(ABORT, 'of a bandit only what it learned changes'); END;

-- What was learned of each arm: 64-bit numbers in the order of the kernel's state.
CREATE TABLE bandit_arms (
    bandit INTEGER NOT NULL REFERENCES bandits (number),
    place INTEGER NOT NULL,
    figures BLOB NOT NULL,
    PRIMARY KEY (bandit, place)
) STRICT, WITHOUT ROWID;

-- Decisions with the chances of all arms, and what came of them.
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    bandit INTEGER NOT NULL REFERENCES bandits (number),
    -- Counts up from 1 in its bandit; with the bandit's seed and the unit it decides what chance brings.
    sequence INTEGER NOT NULL,
    unit INTEGER REFERENCES units (number),
    features TEXT NOT NULL,
    place INTEGER NOT NULL,
    propensities TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    reward REAL,
    rewarded_at INTEGER,
    UNIQUE (bandit, sequence),
    CHECK ((reward IS NULL) = (rewarded_at IS NULL))
) STRICT;
CREATE INDEX decisions_by_unit ON decisions (unit) WHERE unit IS NOT NULL;

CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
WHEN OLD.reward IS NOT NULL OR NEW.number <> OLD.number OR NEW.id <> OLD.id OR NEW.bandit <> OLD.bandit
    OR NEW.sequence <> OLD.sequence OR NEW.unit IS NOT OLD.unit OR NEW.features <> OLD.features
    OR NEW.place <> OLD.place OR NEW.propensities <> OLD.propensities OR NEW.decided_at <> OLD.decided_at
BEGIN SELECT RAISE(ABORT, 'of a decision only the reward is written, once'); END;
