-- The audit entry that says that a request was completed: its certificate shows that it is in the audit log.
CREATE TABLE privacy_audit_entries (
    request BLOB NOT NULL PRIMARY KEY REFERENCES privacy_requests (id) ON DELETE CASCADE,
    entry BLOB NOT NULL
) STRICT, WITHOUT ROWID;
