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
