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
