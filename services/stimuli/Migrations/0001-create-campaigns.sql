-- Terms that are promised to people. They never change: who was promised something is held to what it said then.
CREATE TABLE offers (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    kind TEXT NOT NULL CHECK (kind IN (
        'percentOff', 'amountOff', 'freeShipping', 'gift', 'loyaltyPoints', 'trial', 'content')),
    terms TEXT NOT NULL,
    code TEXT,
    is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER offers_keep_their_terms BEFORE UPDATE OF key, kind, terms, code ON offers
WHEN NEW.key <> OLD.key OR NEW.kind <> OLD.kind OR NEW.terms <> OLD.terms OR NEW.code IS NOT OLD.code
BEGIN SELECT RAISE(ABORT, 'an offer keeps its terms'); END;

-- Versions of the sources of messages. `fields` are the names they use of a person, a JSON array.
CREATE TABLE templates (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    channel TEXT NOT NULL CHECK (channel IN ('mailbox', 'email', 'webhook')),
    subject TEXT,
    body TEXT NOT NULL,
    content_type TEXT NOT NULL CHECK (content_type IN ('text', 'html')),
    fields TEXT NOT NULL,
    hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (key, version),
    UNIQUE (key, hash)
) STRICT;

CREATE TRIGGER templates_stay BEFORE UPDATE ON templates
BEGIN SELECT RAISE(ABORT, 'a version of a template never changes'); END;

-- Plans of who gets what. `audience`, `channels`, `schedule`, `limits`, `quiet_hours` and `outcome` are JSON as the
-- contract has them: they are read whole.
CREATE TABLE campaigns (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    type TEXT NOT NULL,
    category TEXT NOT NULL,
    purpose TEXT NOT NULL,
    audience TEXT NOT NULL,
    channels TEXT NOT NULL,
    holdout INTEGER NOT NULL CHECK (holdout BETWEEN 0 AND 9000),
    schedule TEXT NOT NULL,
    start_at INTEGER,
    end_at INTEGER CHECK (end_at > start_at),
    limits TEXT NOT NULL,
    quiet_hours TEXT,
    outcome TEXT NOT NULL,
    status TEXT NOT NULL,
    created_by TEXT NOT NULL,
    approved_by TEXT,
    approved_at INTEGER CHECK ((approved_at IS NULL) = (approved_by IS NULL)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CHECK (status <> 'approved' OR approved_by IS NOT NULL),
    CHECK (status <> 'draft' OR approved_by IS NULL)
) STRICT;
CREATE INDEX campaigns_by_status ON campaigns (status);

-- What may follow what.
CREATE TABLE campaign_transitions (
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (before, after)
) STRICT, WITHOUT ROWID;
INSERT INTO campaign_transitions (before, after) VALUES
    ('draft', 'approved'), ('draft', 'archived'), ('approved', 'draft'), ('approved', 'archived');

CREATE TRIGGER campaigns_begin BEFORE INSERT ON campaigns WHEN NEW.status <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a campaign begins as a draft'); END;

CREATE TRIGGER campaigns_follow BEFORE UPDATE OF status ON campaigns
WHEN OLD.status <> NEW.status AND NOT EXISTS (
    SELECT 1 FROM campaign_transitions WHERE before = OLD.status AND after = NEW.status)
BEGIN SELECT RAISE(ABORT, 'campaign_transitions has no such step for a campaign'); END;

-- What was approved is what is sent.
CREATE TRIGGER campaigns_stay
BEFORE UPDATE OF key, name, description, type, category, purpose, audience, channels, holdout, schedule, start_at, end_at,
    limits, quiet_hours, outcome ON campaigns
WHEN OLD.status <> 'draft' AND (
    NEW.key <> OLD.key OR NEW.name <> OLD.name OR NEW.description IS NOT OLD.description OR NEW.type <> OLD.type
    OR NEW.category <> OLD.category OR NEW.purpose <> OLD.purpose OR NEW.audience <> OLD.audience
    OR NEW.channels <> OLD.channels OR NEW.holdout <> OLD.holdout OR NEW.schedule <> OLD.schedule
    OR NEW.start_at IS NOT OLD.start_at OR NEW.end_at IS NOT OLD.end_at OR NEW.limits <> OLD.limits
    OR NEW.quiet_hours IS NOT OLD.quiet_hours OR NEW.outcome <> OLD.outcome)
BEGIN SELECT RAISE(ABORT, 'only a draft of a campaign changes'); END;

-- The things that a campaign sends.
CREATE TABLE campaign_arms (
    number INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaigns (number),
    place INTEGER NOT NULL,
    key TEXT NOT NULL,
    name TEXT,
    share INTEGER NOT NULL CHECK (share BETWEEN 1 AND 10000),
    offer INTEGER REFERENCES offers (number),
    UNIQUE (campaign, place),
    UNIQUE (campaign, key)
) STRICT;
CREATE INDEX campaign_arms_by_offer ON campaign_arms (offer);

-- The version of a template that an arm sends over a channel, in the order in which the campaign names them.
CREATE TABLE arm_templates (
    arm INTEGER NOT NULL REFERENCES campaign_arms (number) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    template INTEGER NOT NULL REFERENCES templates (number),
    PRIMARY KEY (arm, place),
    UNIQUE (arm, template)
) STRICT, WITHOUT ROWID;
