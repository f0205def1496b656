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
