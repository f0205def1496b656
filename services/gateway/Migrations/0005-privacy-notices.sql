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
