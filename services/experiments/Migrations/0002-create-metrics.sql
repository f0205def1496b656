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
