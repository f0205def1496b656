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
