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

-- What the sender of a privacy request calls it, and when the person asked.
CREATE TABLE privacy_references (
    request BLOB NOT NULL PRIMARY KEY REFERENCES privacy_requests (id) ON DELETE CASCADE,
    brand BLOB NOT NULL,
    reference TEXT,
    -- A keyed hash of what was sent with it: sent again, is it the same?
    content_digest BLOB,
    submitted_at INTEGER,
    UNIQUE (brand, reference)
) STRICT, WITHOUT ROWID;

-- Where the changes of a request that has not ended are told.
CREATE TABLE privacy_callback_urls (
    request BLOB NOT NULL REFERENCES privacy_requests (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (request, url)
) STRICT, WITHOUT ROWID;

-- Each change of a request, once for each URL; told in the order of their numbers.
CREATE TABLE privacy_callbacks (
    number INTEGER PRIMARY KEY,
    request BLOB NOT NULL REFERENCES privacy_requests (id) ON DELETE CASCADE,
    -- It may hold a secret. Forgotten once it is delivered, or 30 days after it was given up: so long it can be sent again.
    url TEXT CHECK (iif(ended_at IS NULL, url IS NOT NULL, url IS NULL OR is_delivered = 0)),
    origin TEXT NOT NULL,
    -- What the request became, why it was denied, and until when it was to be answered then, where that was known: all
    -- that is told, so that telling it again is telling the same.
    status TEXT NOT NULL,
    reason TEXT,
    expected_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER CHECK ((first_attempt_at IS NULL) = (attempts = 0)),
    -- Not before this moment; 0: at once.
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER,
    is_delivered INTEGER CHECK ((is_delivered IS NULL) = (ended_at IS NULL)),
    -- Why the last attempt came to nothing.
    problem TEXT
) STRICT;
CREATE INDEX privacy_callbacks_by_request ON privacy_callbacks (request, number);
CREATE INDEX privacy_callbacks_waiting ON privacy_callbacks (next_attempt_at, number) WHERE ended_at IS NULL;
CREATE INDEX privacy_callbacks_in_order ON privacy_callbacks (request, url, number) WHERE ended_at IS NULL;
CREATE INDEX privacy_callbacks_given_up ON privacy_callbacks (ended_at) WHERE is_delivered = 0 AND url IS NOT NULL;

-- A new URL is told how the request stands, and every change from then on: in the transaction that makes it, whichever
-- that is.
CREATE TRIGGER privacy_callback_urls_begin AFTER INSERT ON privacy_callback_urls
BEGIN
    INSERT INTO privacy_callbacks (request, url, origin, status, reason, expected_at)
        SELECT NEW.request, NEW.url, NEW.origin, status, reason,
            coalesce(ended_at, iif(extended_at IS NULL, due_at, extended_due_at))
        FROM privacy_requests WHERE id = NEW.request;
END;

CREATE TRIGGER privacy_callbacks_follow AFTER UPDATE OF status ON privacy_requests WHEN OLD.status <> NEW.status
BEGIN
    INSERT INTO privacy_callbacks (request, url, origin, status, reason, expected_at)
        SELECT NEW.id, url, origin, NEW.status, NEW.reason,
            coalesce(NEW.ended_at, iif(NEW.extended_at IS NULL, NEW.due_at, NEW.extended_due_at))
        FROM privacy_callback_urls WHERE request = NEW.id;
    -- Nothing follows: where to tell it is known to what waits, and to nobody else.
    DELETE FROM privacy_callback_urls WHERE request = NEW.id AND NEW.ended_at IS NOT NULL;
END;

-- The audit entry that says that a request was completed: its certificate shows that it is in the audit log.
CREATE TABLE privacy_audit_entries (
    request BLOB NOT NULL PRIMARY KEY REFERENCES privacy_requests (id) ON DELETE CASCADE,
    entry BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Notices to those to whom a person's data was given, that it was erased, corrected or restricted. One is written down
-- before anything is done, and told when the request is completed.
CREATE TABLE privacy_notices (
    number INTEGER PRIMARY KEY,
    request BLOB NOT NULL REFERENCES privacy_requests (id) ON DELETE CASCADE,
    recipient BLOB NOT NULL,
    name TEXT NOT NULL,
    -- Where it goes; NULL: it is sent by hand.
    origin TEXT,
    -- The latest disclosure that it covers.
    through INTEGER NOT NULL,
    -- How to reach the recipient, and as whom they know the person: sealed, and forgotten once it is delivered.
    about BLOB CHECK ((about IS NULL) = (is_delivered IS NOT NULL AND is_delivered = 1)),
    attempts INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER CHECK ((first_attempt_at IS NULL) = (attempts = 0)),
    -- Not before this moment; 0: at once.
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER,
    is_delivered INTEGER CHECK ((is_delivered IS NULL) = (ended_at IS NULL)),
    -- Why the last attempt came to nothing.
    problem TEXT,
    state TEXT AS (CASE is_delivered WHEN 1 THEN 'delivered' WHEN 0 THEN 'givenUp'
        ELSE iif(origin IS NULL, 'byHand', 'queued') END)
) STRICT;
CREATE INDEX privacy_notices_by_request ON privacy_notices (request, number);
CREATE INDEX privacy_notices_waiting ON privacy_notices (next_attempt_at, number)
    WHERE ended_at IS NULL AND origin IS NOT NULL;
