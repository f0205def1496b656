-- Requests by or for data subjects, and how far each service is with them.
--
-- A row is the ledger entry: it is on disk before anything is deleted, and from then on the request is carried out
-- whatever happens. Identifiers stand here only while they are needed; a completed request no longer knows whose it was.
CREATE TABLE privacy_requests (
    id BLOB NOT NULL PRIMARY KEY,
    brand BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('erasure')),
    regulation TEXT NOT NULL CHECK (regulation IN ('gdpr', 'ccpa', 'hipaa', 'none')),
    status TEXT NOT NULL CHECK (status IN ('received', 'processing', 'completed')),
    -- JSON: what points to the subject, as far as it is known.
    identifiers TEXT CHECK ((identifiers IS NULL) = (status = 'completed')),
    actors TEXT NOT NULL DEFAULT '[]',
    received_at INTEGER NOT NULL,
    completed_at INTEGER CHECK ((completed_at IS NULL) = (status <> 'completed'))
) STRICT;
CREATE INDEX privacy_requests_by_brand ON privacy_requests (brand, id);
CREATE INDEX privacy_requests_open ON privacy_requests (id) WHERE status <> 'completed';

-- A request goes forward only.
CREATE TRIGGER privacy_requests_go_forward BEFORE UPDATE OF status ON privacy_requests
WHEN NOT (OLD.status = NEW.status
    OR OLD.status = 'received' AND NEW.status = 'processing'
    OR OLD.status = 'processing' AND NEW.status = 'completed')
BEGIN SELECT RAISE(ABORT, 'a privacy request goes from received to processing to completed'); END;

-- What each service erased for a request.
CREATE TABLE privacy_request_rows (
    request BLOB NOT NULL REFERENCES privacy_requests (id),
    service TEXT NOT NULL,
    erased_table TEXT NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (request, service, erased_table)
) STRICT, WITHOUT ROWID;

-- The services that are done with a request.
CREATE TABLE privacy_request_services (
    request BLOB NOT NULL REFERENCES privacy_requests (id),
    service TEXT NOT NULL,
    -- How many identifiers and actors it was given; once more are known, it is asked again.
    known INTEGER NOT NULL,
    PRIMARY KEY (request, service)
) STRICT, WITHOUT ROWID;
