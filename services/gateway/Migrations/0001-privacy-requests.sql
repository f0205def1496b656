-- Requests by or for data subjects, and how far each service is with them.
--
-- A row is the ledger entry: it is on disk before anything is deleted, and from then on the request is carried out
-- whatever happens. Identifiers stand here only while they are needed; a request that has ended no longer knows whose it
-- was.
CREATE TABLE privacy_requests (
    id BLOB NOT NULL PRIMARY KEY,
    brand BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (
        kind IN (
            'access', 'portability', 'erasure', 'correction', 'restriction', 'objection', 'optOut', 'accounting')),
    regulation TEXT NOT NULL CHECK (regulation IN ('gdpr', 'ccpa', 'hipaa', 'own', 'none')),
    status TEXT NOT NULL,
    -- Why it was denied.
    reason TEXT CHECK ((reason IS NULL) = (status <> 'denied')),
    -- How it is shown whose it is; with a code, its keyed hash and how often it may still be tried.
    identity TEXT NOT NULL CHECK (identity IN ('controller', 'code')),
    code_digest BLOB,
    attempts_left INTEGER CHECK (attempts_left >= 0),
    -- JSON: what points to the subject, as far as it is known.
    identifiers TEXT CHECK ((identifiers IS NULL) = (status NOT IN ('received', 'verified', 'processing'))),
    actors TEXT NOT NULL DEFAULT '[]',
    -- Legal holds that it waits for.
    held_by TEXT NOT NULL DEFAULT '[]',
    -- Whether a service may have deleted something for it: none did, one was asked to and has not answered, one did.
    deletion TEXT NOT NULL DEFAULT 'none' CHECK (deletion IN ('none', 'asked', 'begun')),
    -- JSON: what is wrong and what is right, until the request ends; and what became of each, without values.
    corrections TEXT CHECK (corrections IS NULL OR status IN ('received', 'verified', 'processing')),
    outcomes TEXT NOT NULL DEFAULT '[]',
    received_at INTEGER NOT NULL,
    verified_at INTEGER CHECK (verified_at IS NOT NULL OR status NOT IN ('verified', 'processing', 'completed')),
    -- When a member of staff approved that data is handed over, and only then it is.
    approved_at INTEGER CHECK (
        approved_at IS NOT NULL OR kind NOT IN ('access', 'portability', 'accounting')
            OR status NOT IN ('processing', 'completed')),
    -- The calendar of the brand decides until when it must be answered; all NULL until it is known.
    time_zone TEXT,
    acknowledge_by INTEGER,
    due_at INTEGER,
    extended_due_at INTEGER,
    extended_at INTEGER,
    ended_at INTEGER CHECK ((ended_at IS NULL) = (status IN ('received', 'verified', 'processing'))),
    -- What was signed in the end: the payload's text, then key and signature.
    certificate TEXT,
    certificate_key BLOB,
    certificate_signature BLOB
) STRICT;
CREATE INDEX privacy_requests_by_brand ON privacy_requests (brand, id);
CREATE INDEX privacy_requests_open ON privacy_requests (id) WHERE status IN ('received', 'verified', 'processing');
CREATE INDEX privacy_requests_uncertified ON privacy_requests (id) WHERE status = 'completed' AND certificate IS NULL;

-- What may follow what: the one state machine, which the program reads from its own table and a test compares.
CREATE TABLE privacy_transitions (
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (before, after)
) STRICT, WITHOUT ROWID;
INSERT INTO privacy_transitions (before, after) VALUES
    ('received', 'verified'), ('received', 'denied'), ('received', 'cancelled'), ('received', 'expired'),
    ('verified', 'processing'), ('verified', 'denied'), ('verified', 'cancelled'),
    ('processing', 'completed'), ('processing', 'denied');

CREATE TRIGGER privacy_requests_begin BEFORE INSERT ON privacy_requests WHEN NEW.status NOT IN ('received', 'verified')
BEGIN SELECT RAISE(ABORT, 'a privacy request begins as received or verified'); END;

CREATE TRIGGER privacy_requests_follow BEFORE UPDATE OF status ON privacy_requests
WHEN OLD.status <> NEW.status AND NOT EXISTS (
    SELECT 1 FROM privacy_transitions WHERE before = OLD.status AND after = NEW.status)
BEGIN SELECT RAISE(ABORT, 'privacy_transitions has no such step for a privacy request'); END;

-- Who is processing is denied only as GDPR Art. 17(3) has it: an erasure that legal holds keep, before anything is deleted.
CREATE TRIGGER privacy_requests_deny BEFORE UPDATE OF status ON privacy_requests
WHEN OLD.status = 'processing' AND NEW.status = 'denied' AND (
    OLD.kind <> 'erasure' OR OLD.held_by = '[]' OR OLD.deletion <> 'none' OR NEW.deletion <> 'none'
    OR NEW.reason IS NULL OR NEW.reason NOT IN ('legalObligation', 'legalClaims', 'publicInterest'))
BEGIN SELECT RAISE(ABORT, 'a privacy request that is processing is denied only while legal holds keep all of it'); END;

CREATE TRIGGER privacy_requests_delete BEFORE UPDATE OF deletion ON privacy_requests
WHEN OLD.deletion = 'begun' AND NEW.deletion <> 'begun'
BEGIN SELECT RAISE(ABORT, 'what was deleted for a privacy request cannot be undone'); END;

-- The rows that each service erased, changed or handed over for a request.
CREATE TABLE privacy_request_rows (
    request BLOB NOT NULL REFERENCES privacy_requests (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    touched_table TEXT NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (request, service, touched_table)
) STRICT, WITHOUT ROWID;

-- The services that are done with a request.
CREATE TABLE privacy_request_services (
    request BLOB NOT NULL REFERENCES privacy_requests (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    -- How many identifiers and actors it was given; once more are known, it is asked again.
    known INTEGER NOT NULL,
    -- Bytes of its files that were searched for the identifiers afterwards, and where one was found.
    scanned_bytes INTEGER NOT NULL DEFAULT 0,
    scan_hits INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (request, service)
) STRICT, WITHOUT ROWID;

-- What was collected for a person lies in a file, encrypted. The header is how its passphrase gives its key; it is
-- forgotten with the file, and the key itself as soon as the file is written.
CREATE TABLE privacy_archives (
    request BLOB NOT NULL PRIMARY KEY REFERENCES privacy_requests (id) ON DELETE CASCADE,
    header TEXT CHECK ((header IS NULL) = (removed_at IS NOT NULL)),
    data_key BLOB CHECK (data_key IS NULL OR sha256 IS NULL AND removed_at IS NULL),
    bytes INTEGER CHECK ((bytes IS NULL) = (sha256 IS NULL)),
    sha256 TEXT,
    expires_at INTEGER CHECK ((expires_at IS NULL) = (sha256 IS NULL)),
    -- Bytes that were downloaded, of all downloads together.
    served INTEGER NOT NULL DEFAULT 0,
    removed_at INTEGER
) STRICT;
CREATE INDEX privacy_archives_there ON privacy_archives (request) WHERE removed_at IS NULL;

-- Legal holds that are being placed or released: until every service has done it. `identifiers` is a JSON array.
CREATE TABLE hold_orders (
    hold BLOB NOT NULL PRIMARY KEY,
    brand BLOB NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('place', 'release')),
    reason TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    identifiers TEXT NOT NULL
) STRICT;
