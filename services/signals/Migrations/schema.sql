-- Who is understood and addressed. When somebody was first and last seen is asked of
-- signals_by_actor, so that a signal costs no write here.
CREATE TABLE actors (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('individual', 'household', 'business', 'property')),
    created_at INTEGER NOT NULL
) STRICT;

-- The values that point to an actor. Found by value for every signal, so the table is its own
-- index.
CREATE TABLE identifiers (
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    actor INTEGER NOT NULL REFERENCES actors (number),
    first_seen_at INTEGER NOT NULL,
    PRIMARY KEY (type, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifiers_by_actor ON identifiers (actor);

-- What is stated about an actor: of each trait the statement that is latest by its own time,
-- whenever it arrived; of two at the same time the one with the greater message id. A removal is a
-- statement too: its value is NULL.
CREATE TABLE traits (
    actor INTEGER NOT NULL REFERENCES actors (number),
    name TEXT NOT NULL,
    value TEXT,
    stated_at INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (actor, name)
) STRICT, WITHOUT ROWID;
-- By an e-mail address or a telephone number that nobody has as an identifier.
CREATE INDEX traits_by_contact ON traits (name, lower(value)) WHERE name IN ('email', 'phone');

-- What was put right about an actor. The wrong value of a trait is kept, for whoever contests the correction; the wrong
-- value of an identifier is not: it may be another person's.
CREATE TABLE corrections (
    actor INTEGER NOT NULL REFERENCES actors (number),
    request BLOB NOT NULL,
    subject TEXT NOT NULL CHECK (subject IN ('trait', 'identifier')),
    name TEXT NOT NULL,
    was TEXT CHECK (was IS NULL OR subject = 'trait'),
    corrected_at INTEGER NOT NULL,
    PRIMARY KEY (actor, request, subject, name)
) STRICT, WITHOUT ROWID;

-- All that was ever recorded of the bases on which people's data are used. A record is never changed, and goes with its
-- person only. `condition` is what allows the special categories, a JSON array.
CREATE TABLE consent_entries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    actor INTEGER NOT NULL REFERENCES actors (number),
    purpose TEXT NOT NULL,
    is_withdrawal INTEGER NOT NULL CHECK (is_withdrawal IN (0, 1)),
    legal_basis TEXT NOT NULL CHECK (legal_basis IN (
        'consent', 'contract', 'legalObligation', 'vitalInterests', 'publicTask', 'legitimateInterests')),
    special_categories TEXT NOT NULL DEFAULT '[]' CHECK ((special_categories = '[]') = (condition IS NULL)),
    condition TEXT,
    notice_version TEXT,
    method TEXT,
    source TEXT,
    text_hash TEXT,
    stated_at INTEGER NOT NULL,
    expires_at INTEGER CHECK (expires_at > stated_at),
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    CHECK (legal_basis <> 'consent' OR is_withdrawal
        OR (notice_version IS NOT NULL AND method IS NOT NULL AND source IS NOT NULL))
) STRICT;
CREATE INDEX consent_entries_by_actor ON consent_entries (actor, purpose);

CREATE TRIGGER consent_entries_stay BEFORE UPDATE ON consent_entries
BEGIN SELECT RAISE(ABORT, 'what was recorded of a consent is never changed'); END;

-- What holds: of each person and purpose the entry that is latest by its own time.
CREATE TABLE consents (
    number INTEGER PRIMARY KEY,
    actor INTEGER NOT NULL REFERENCES actors (number),
    purpose TEXT NOT NULL,
    entry INTEGER NOT NULL UNIQUE REFERENCES consent_entries (sequence),
    UNIQUE (actor, purpose)
) STRICT;

-- What a purpose rests on where nothing is recorded of a person.
CREATE TABLE purposes (
    name TEXT NOT NULL PRIMARY KEY,
    legal_basis TEXT NOT NULL CHECK (legal_basis IN (
        'contract', 'legalObligation', 'vitalInterests', 'publicTask', 'legitimateInterests'))
) STRICT, WITHOUT ROWID;

-- Traits that the brand says are specially protected, or are not (NULL), beside those that the program knows.
CREATE TABLE special_traits (
    name TEXT NOT NULL PRIMARY KEY,
    category TEXT
) STRICT, WITHOUT ROWID;

-- Properties of events that the brand says are specially protected.
CREATE TABLE special_properties (
    name TEXT NOT NULL PRIMARY KEY,
    category TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Stops on the use of people's data, which stays.
CREATE TABLE processing_restrictions (
    number INTEGER PRIMARY KEY,
    actor INTEGER NOT NULL REFERENCES actors (number),
    kind TEXT NOT NULL CHECK (kind IN ('restriction', 'objection', 'optOut')),
    source TEXT NOT NULL CHECK (source IN ('controller', 'privacyRequest', 'globalPrivacyControl', 'legalHold')),
    request BLOB CHECK ((request IS NULL) = (source NOT IN ('privacyRequest', 'legalHold'))),
    since INTEGER NOT NULL,
    UNIQUE (actor, kind)
) STRICT;

-- Outside parties to whom people's data is given.
CREATE TABLE recipients (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('processor', 'controller', 'authority', 'other')),
    address TEXT,
    contact TEXT,
    notice_url TEXT,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- That somebody's data was given to a recipient. One that must be accounted for outlives its person's erasure, and then
-- knows the request in place of the person. A number is never given out twice: a privacy request remembers up to which
-- one it knows the recipients.
CREATE TABLE disclosures (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    actor INTEGER REFERENCES actors (number),
    erasure BLOB CHECK ((erasure IS NULL) = (actor IS NOT NULL)),
    recipient INTEGER NOT NULL REFERENCES recipients (number),
    disclosed_at INTEGER NOT NULL,
    last_disclosed_at INTEGER NOT NULL CHECK (last_disclosed_at >= disclosed_at),
    times INTEGER NOT NULL CHECK (times >= 1 AND (times > 1 OR last_disclosed_at = disclosed_at)),
    description TEXT NOT NULL,
    purpose TEXT NOT NULL,
    accounting TEXT NOT NULL CHECK (accounting IN (
        'due', 'notCovered', 'treatmentPaymentOperations', 'toIndividual', 'incident', 'authorized', 'directoryOrCare',
        'nationalSecurity', 'custody', 'limitedDataSet')),
    -- What tells the recipient who it is: what they call the person, or under what it was given.
    reference TEXT CHECK (reference IS NULL OR actor IS NOT NULL),
    identifier_type TEXT CHECK (identifier_type IS NULL OR actor IS NOT NULL),
    identifier_value TEXT CHECK ((identifier_value IS NULL) = (identifier_type IS NULL)),
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    CHECK (erasure IS NULL OR accounting = 'due')
) STRICT;
CREATE INDEX disclosures_by_actor ON disclosures (actor);
CREATE INDEX disclosures_by_recipient ON disclosures (recipient);
CREATE INDEX disclosures_of_erased ON disclosures (erasure) WHERE erasure IS NOT NULL;

-- Files on their way in. Each is a job of the same id, which knows how many bytes were taken. The
-- carry is what came after the last whole row: never more than a row and its line break. `replay` is
-- the job that last tried its rejected rows again.
CREATE TABLE imports (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE REFERENCES jobs (id),
    source TEXT NOT NULL,
    mapping TEXT NOT NULL,
    replay BLOB REFERENCES jobs (id),
    rows INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    header TEXT,
    carry BLOB NOT NULL DEFAULT x'',
    carry_offset INTEGER NOT NULL DEFAULT 0,
    carry_line INTEGER NOT NULL DEFAULT 1,
    carry_is_skipped INTEGER NOT NULL DEFAULT 0,
    last_chunk_bytes INTEGER NOT NULL DEFAULT 0,
    last_chunk_hash BLOB
) STRICT;

-- Rows that could not be taken, until they are replayed.
CREATE TABLE rejected_rows (
    import INTEGER NOT NULL REFERENCES imports (number),
    line INTEGER NOT NULL,
    reason TEXT NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;

-- Replayed or erased: either way it is no longer set aside.
CREATE TRIGGER rejected_rows_leave AFTER DELETE ON rejected_rows
BEGIN
    UPDATE imports SET rejected = rejected - 1 WHERE number = old.import;
END;

-- Inbound facts as received. A message id is unique; one that is a UUID is kept as its 16
-- bytes, which takes a fifth off the cost of a row. Two indexes and no foreign keys: this is the
-- table that is written most, and its writer has just read the actor or is about to make it.
-- `import` is the import that last confirmed the row; NULL: it came through the API.
CREATE TABLE signals (
    sequence INTEGER PRIMARY KEY,
    message_id ANY NOT NULL UNIQUE,
    event TEXT NOT NULL,
    actor INTEGER,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    revenue INTEGER,
    currency TEXT,
    import INTEGER,
    properties TEXT
) STRICT;
CREATE INDEX signals_by_actor ON signals (actor, occurred_at);

-- A place in the order of arrival is never given out twice, so that who follows arrivals misses none
-- when the last one is erased: then its place stays here, and the next signal is put behind it.
-- AUTOINCREMENT does the same with two more accesses for every signal, a sixth of its cost.
CREATE TABLE last_erased_signal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL
) STRICT;

CREATE TRIGGER signals_leave AFTER DELETE ON signals
WHEN NOT EXISTS (SELECT 1 FROM signals WHERE sequence > old.sequence)
BEGIN
    INSERT INTO last_erased_signal (id, sequence) VALUES (1, old.sequence)
    ON CONFLICT (id) DO UPDATE SET sequence = max(sequence, excluded.sequence);
END;

-- The events that experiments count: it is told when some have arrived.
CREATE TABLE followed_events (
    event TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What counts as a purchase, and from when on customers are at risk or churned; no row: as in a new brand. Scores are
-- computed when they are asked for, and stand nowhere. `purchase_events` is a JSON array.
CREATE TABLE score_rules (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    purchase_events TEXT NOT NULL,
    currency TEXT,
    new_days INTEGER NOT NULL,
    at_risk_days INTEGER NOT NULL,
    churned_days INTEGER NOT NULL CHECK (churned_days > at_risk_days)
) STRICT;

-- Groups of people by a rule. Who is in one is asked of what is known of people, whenever it is asked; no membership is
-- kept.
CREATE TABLE segments (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    rule TEXT NOT NULL,
    is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- How many people were in a segment, of how many there were: one count for each day, in UTC, since 1970.
CREATE TABLE segment_sizes (
    segment INTEGER NOT NULL REFERENCES segments (number),
    day INTEGER NOT NULL,
    people INTEGER NOT NULL CHECK (people >= 0),
    everybody INTEGER NOT NULL CHECK (everybody >= people),
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (segment, day)
) STRICT, WITHOUT ROWID;

-- That an offer reached somebody, and whether they responded: all that beliefs about responses are made of. `campaign` is
-- whose offer it was, `sources` what it cites: ids of exposures and outcomes, a JSON array.
CREATE TABLE belief_evidence (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    actor INTEGER NOT NULL REFERENCES actors (number),
    offer_kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    responded INTEGER NOT NULL CHECK (responded IN (0, 1)),
    at INTEGER NOT NULL,
    campaign BLOB,
    sources TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX belief_evidence_by_actor ON belief_evidence (actor, offer_kind, channel, at);

-- How often the evidence of a belief has changed. It stays when the evidence goes, so that no version ever means two things.
CREATE TABLE beliefs (
    number INTEGER PRIMARY KEY,
    actor INTEGER NOT NULL REFERENCES actors (number),
    offer_kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (actor, offer_kind, channel)
) STRICT;
CREATE INDEX beliefs_by_offer ON beliefs (offer_kind, channel);

CREATE TRIGGER belief_evidence_comes AFTER INSERT ON belief_evidence
BEGIN
    INSERT INTO beliefs (actor, offer_kind, channel, version) VALUES (new.actor, new.offer_kind, new.channel, 1)
    ON CONFLICT (actor, offer_kind, channel) DO UPDATE SET version = version + 1;
END;

CREATE TRIGGER belief_evidence_goes AFTER DELETE ON belief_evidence
BEGIN
    UPDATE beliefs SET version = version + 1
    WHERE actor = old.actor AND offer_kind = old.offer_kind AND channel = old.channel;
END;

-- What changed beliefs: evidence that came, and evidence that was withdrawn. Never changed, and goes with the person only.
CREATE TABLE belief_log (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    actor INTEGER NOT NULL REFERENCES actors (number),
    offer_kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    version INTEGER NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('added', 'withdrawn')),
    evidence BLOB NOT NULL,
    responded INTEGER NOT NULL CHECK (responded IN (0, 1)),
    at INTEGER NOT NULL,
    campaign BLOB,
    sources TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;
CREATE INDEX belief_log_by_actor ON belief_log (actor);

CREATE TRIGGER belief_log_stays BEFORE UPDATE ON belief_log
BEGIN SELECT RAISE(ABORT, 'what changed a belief stays as it was told'); END;

-- What beliefs start from, and how fast they forget. Without a row it is what the program says.
CREATE TABLE belief_rules (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    prior_alpha REAL NOT NULL CHECK (prior_alpha > 0),
    prior_beta REAL NOT NULL CHECK (prior_beta > 0),
    half_life_days REAL NOT NULL CHECK (half_life_days > 0),
    version INTEGER NOT NULL
) STRICT;

-- Kinds of offer and channels of which something else holds.
CREATE TABLE belief_rule_exceptions (
    offer_kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    prior_alpha REAL NOT NULL CHECK (prior_alpha > 0),
    prior_beta REAL NOT NULL CHECK (prior_beta > 0),
    half_life_days REAL NOT NULL CHECK (half_life_days > 0),
    PRIMARY KEY (offer_kind, channel)
) STRICT, WITHOUT ROWID;
