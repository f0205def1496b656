-- Who owns brands.
CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)
) STRICT;

-- Tenants. A row comes before its databases; a provision that broke off is finished by the next.
CREATE TABLE brands (
    id BLOB NOT NULL PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    industry TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('provisioning', 'active', 'suspended', 'erasing', 'erased')),
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    suspended_reason TEXT CHECK (suspended_reason IS NULL OR status = 'suspended'),
    UNIQUE (organization, name)
) STRICT;

CREATE TRIGGER brands_take_legal_steps BEFORE UPDATE OF status ON brands
WHEN NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (VALUES
    ('provisioning', 'active'), ('active', 'suspended'), ('suspended', 'active'),
    ('provisioning', 'erasing'), ('active', 'erasing'), ('suspended', 'erasing'), ('erasing', 'erased'))
BEGIN SELECT RAISE(ABORT, 'a brand takes legal steps only'); END;

CREATE TRIGGER brands_keep_their_mode BEFORE UPDATE OF mode ON brands
WHEN OLD.mode <> NEW.mode
BEGIN SELECT RAISE(ABORT, 'a brand keeps its mode'); END;

-- How brands want to be worked for. A brand without a row has what the columns say by default.
CREATE TABLE brand_settings (
    brand BLOB NOT NULL PRIMARY KEY REFERENCES brands (id),
    language TEXT NOT NULL DEFAULT 'en',
    -- Minutes from midnight, in the brand's time zone.
    quiet_from INTEGER CHECK (quiet_from BETWEEN 0 AND 1439),
    quiet_until INTEGER CHECK (quiet_until BETWEEN 0 AND 1439 AND (quiet_until IS NULL) = (quiet_from IS NULL)),
    -- Messages one person gets in a day and in seven.
    daily_message_cap INTEGER CHECK (daily_message_cap >= 1),
    weekly_message_cap INTEGER CHECK (weekly_message_cap >= 1),
    -- JSON: days on which nobody works, each as the contract says; NULL until some are told.
    holidays TEXT,
    -- Calendar days that the brand itself allows for privacy requests.
    answer_days INTEGER CHECK (answer_days >= 1),
    extended_answer_days INTEGER CHECK (extended_answer_days > answer_days),
    version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)
) STRICT;

-- Connections of brands to systems of others. The credentials are sealed under a key that lies outside the database.
CREATE TABLE integrations (
    id BLOB NOT NULL PRIMARY KEY,
    brand BLOB NOT NULL REFERENCES brands (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed_credentials BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (brand, name)
) STRICT;

-- Settings of the whole installation, each a JSON value.
CREATE TABLE system_parameters (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

-- Staff who sign in, each to one brand. Passwords as scrypt digests; tokens and codes as digests keyed with a pepper
-- that lies outside the database; authenticators sealed.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    brand BLOB NOT NULL REFERENCES brands (id),
    -- In lower case.
    email TEXT NOT NULL,
    name TEXT,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'operator', 'viewer')),
    password_salt BLOB,
    password_digest BLOB CHECK ((password_digest IS NULL) = (password_salt IS NULL)),
    invitation_kid TEXT UNIQUE,
    invitation_digest BLOB,
    invitation_pepper INTEGER,
    invitation_expires_at INTEGER,
    sealed_authenticator BLOB,
    authenticator_confirmed INTEGER NOT NULL DEFAULT 0,
    -- The last time step whose code was taken: each counts once.
    authenticator_step INTEGER,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    UNIQUE (brand, email)
) STRICT;

CREATE TABLE recovery_codes (
    user BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    pepper_version INTEGER NOT NULL,
    PRIMARY KEY (user, digest)
) STRICT, WITHOUT ROWID;

-- Users signed in. A session that ended is gone.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    user BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A JSON array of noun:verb; empty: all that the role may.
    scopes TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    pepper_version INTEGER NOT NULL CHECK (pepper_version >= 1),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user, id);

-- Attempts to sign in, by a keyed hash of brand and address, which may be nobody's; wrong ones by a keyed
-- hash of where they came from; and attempts to take an authenticator away, by one of the user.
CREATE TABLE sign_in_attempts (
    digest BLOB NOT NULL PRIMARY KEY,
    attempts INTEGER NOT NULL,
    began_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (began_at);

-- API keys. In place of the secret a digest, keyed with a pepper that lies outside the database.
CREATE TABLE keys (
    id BLOB NOT NULL PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    brand BLOB NOT NULL REFERENCES brands (id),
    name TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    -- A JSON array of noun:verb.
    scopes TEXT NOT NULL,
    -- JSON arrays; empty: all.
    industries TEXT NOT NULL,
    segments TEXT NOT NULL,
    -- Cost units a second, and at once.
    rate INTEGER NOT NULL CHECK (rate >= 1),
    burst INTEGER NOT NULL CHECK (burst >= 1),
    -- Cost units a day and a month.
    daily_quota INTEGER CHECK (daily_quota >= 1),
    monthly_quota INTEGER CHECK (monthly_quota >= 1),
    -- What rate and quotas are counted in: the first key of those that replaced each other.
    bucket BLOB NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    pepper_version INTEGER NOT NULL CHECK (pepper_version >= 1),
    status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER CHECK ((revoked_at IS NULL) = (status = 'active')),
    revoked_reason TEXT,
    -- The key that took its place.
    replaced_by BLOB UNIQUE,
    version INTEGER NOT NULL CHECK (version >= 1)
) STRICT;
CREATE INDEX keys_by_brand ON keys (brand, id);

CREATE TRIGGER keys_have_their_brands_mode BEFORE INSERT ON keys
WHEN NEW.mode <> (SELECT mode FROM brands WHERE id = NEW.brand)
BEGIN SELECT RAISE(ABORT, 'a key has the mode of its brand'); END;
CREATE TRIGGER keys_stay_with_their_brand BEFORE UPDATE OF brand, mode ON keys
BEGIN SELECT RAISE(ABORT, 'a key keeps its brand and its mode'); END;

CREATE TRIGGER keys_stay_revoked BEFORE UPDATE OF status ON keys
WHEN OLD.status = 'revoked' AND NEW.status <> 'revoked'
BEGIN SELECT RAISE(ABORT, 'a revoked key stays revoked'); END;

-- What keys were used for, ever. Apart from the keys, because it changes every second.
CREATE TABLE key_usage (
    key BLOB NOT NULL PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
    requests INTEGER NOT NULL CHECK (requests >= 0),
    tokens INTEGER NOT NULL CHECK (tokens >= 0),
    last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys as callers see them. The store reads the columns in this order.
CREATE VIEW key_records AS
SELECT id, kid, brand, name, mode, scopes, industries, segments, rate, burst, daily_quota, monthly_quota, bucket, status,
    created_at, expires_at, revoked_at, replaced_by, version, coalesce(requests, 0) AS requests,
    coalesce(tokens, 0) AS tokens, last_used_at
FROM keys LEFT JOIN key_usage ON key = id;

-- Grows with every change to any key: what was known at an earlier epoch no longer counts.
CREATE TABLE key_epoch (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL
) STRICT;
INSERT INTO key_epoch (id, epoch) VALUES (1, 0);

-- What was done by whom, from all services: ids and field names, never values. The entries of the audit log, in its
-- order and without a gap.
CREATE TABLE audit_entries (
    leaf_index INTEGER PRIMARY KEY CHECK (leaf_index >= 0),
    id BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    service TEXT NOT NULL,
    principal TEXT NOT NULL,
    brand BLOB,
    method TEXT NOT NULL,
    -- JSON arrays.
    ids TEXT NOT NULL,
    fields TEXT NOT NULL,
    -- Of an entry by which the key that signs heads was replaced: a JSON object.
    next_key TEXT
) STRICT;
CREATE INDEX audit_entries_by_brand ON audit_entries (brand, leaf_index);
CREATE INDEX audit_entries_by_next_key ON audit_entries (leaf_index) WHERE next_key IS NOT NULL;

CREATE TRIGGER audit_entries_are_appended BEFORE INSERT ON audit_entries
WHEN NEW.leaf_index <> (SELECT coalesce(max(leaf_index) + 1, 0) FROM audit_entries)
BEGIN SELECT RAISE(ABORT, 'an audit entry comes behind the last one'); END;
CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'an audit entry is not changed'); END;
CREATE TRIGGER audit_entries_are_not_removed BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'an audit entry is not removed'); END;

-- The hashes of the complete subtrees over audit_entries (RFC 6962, section 2.1); level 0 are the entries' own. Each is
-- written once, by the entry that completes it, and read for proofs.
CREATE TABLE audit_nodes (
    level INTEGER NOT NULL CHECK (level >= 0),
    position INTEGER NOT NULL CHECK (position >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_nodes_are_not_changed BEFORE UPDATE ON audit_nodes
BEGIN SELECT RAISE(ABORT, 'a hash of the audit log is not changed'); END;
CREATE TRIGGER audit_nodes_are_not_removed BEFORE DELETE ON audit_nodes
BEGIN SELECT RAISE(ABORT, 'a hash of the audit log is not removed'); END;

-- Heads of the audit log as they were signed. The key that signs lies outside the database.
CREATE TABLE tree_heads (
    tree_size INTEGER PRIMARY KEY CHECK (tree_size >= 1),
    root_hash BLOB NOT NULL CHECK (length(root_hash) = 32),
    signed_at INTEGER NOT NULL,
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    signature BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;

CREATE TRIGGER tree_heads_are_not_changed BEFORE UPDATE ON tree_heads
BEGIN SELECT RAISE(ABORT, 'a signed head is not changed'); END;
CREATE TRIGGER tree_heads_are_not_removed BEFORE DELETE ON tree_heads
BEGIN SELECT RAISE(ABORT, 'a signed head is not removed'); END;
-- Which services made their database of a brand. One that came later makes it when tenancy starts; one that made it
-- makes none again: whose database was lost must hear of it.
CREATE TABLE brand_files (
    brand BLOB NOT NULL REFERENCES brands (id),
    service TEXT NOT NULL,
    PRIMARY KEY (brand, service)
) STRICT, WITHOUT ROWID;

-- Until now signals was the only one.
INSERT INTO brand_files (brand, service) SELECT id, 'signals' FROM brands WHERE status IN ('active', 'suspended');
