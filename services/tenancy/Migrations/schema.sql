-- Who owns brands.
CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Tenants. A row comes before its databases; a provision that broke off is finished by the next.
CREATE TABLE brands (
    id BLOB NOT NULL PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    industry TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('provisioning', 'active')),
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    UNIQUE (organization, name)
) STRICT;

CREATE TRIGGER brands_stay_active BEFORE UPDATE OF status ON brands
WHEN OLD.status = 'active' AND NEW.status <> 'active'
BEGIN SELECT RAISE(ABORT, 'an active brand stays active'); END;

-- API keys. In place of the secret a digest, keyed with a pepper that lies outside the database.
CREATE TABLE keys (
    id BLOB NOT NULL PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    brand BLOB NOT NULL REFERENCES brands (id),
    name TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    -- A JSON array of noun:verb.
    scopes TEXT NOT NULL,
    -- Cost units a second, and at once.
    rate INTEGER NOT NULL CHECK (rate >= 1),
    burst INTEGER NOT NULL CHECK (burst >= 1),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    pepper_version INTEGER NOT NULL CHECK (pepper_version >= 1),
    status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER CHECK ((revoked_at IS NULL) = (status = 'active')),
    revoked_reason TEXT
) STRICT;
CREATE INDEX keys_by_brand ON keys (brand, id);

CREATE TRIGGER keys_stay_revoked BEFORE UPDATE OF status ON keys
WHEN OLD.status = 'revoked' AND NEW.status <> 'revoked'
BEGIN SELECT RAISE(ABORT, 'a revoked key stays revoked'); END;

-- Grows with every change to any key: what was known at an earlier epoch no longer counts.
CREATE TABLE key_epoch (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL
) STRICT;
INSERT INTO key_epoch (id, epoch) VALUES (1, 0);

-- What was done by whom, from all services: ids and field names, never values.
CREATE TABLE audit_entries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    service TEXT NOT NULL,
    principal TEXT NOT NULL,
    brand BLOB,
    method TEXT NOT NULL,
    -- JSON arrays.
    ids TEXT NOT NULL,
    fields TEXT NOT NULL
) STRICT;
CREATE INDEX audit_entries_by_brand ON audit_entries (brand, sequence);

CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'an audit entry is not changed'); END;
CREATE TRIGGER audit_entries_are_not_removed BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'an audit entry is not removed'); END;
