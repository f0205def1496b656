public import SQLite

extension Migration {
    /// The tables that ServiceKit keeps in every database; the first migration of each.
    public static let ground = Migration(
        name: "0000-ground",
        sql: #"""
            -- Which database this is. A restore from a backup gets a new incarnation.
            CREATE TABLE ground (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                incarnation TEXT NOT NULL,
                -- When a write was last tried to see whether writing works.
                checked_at INTEGER NOT NULL DEFAULT 0
            ) STRICT;
            INSERT INTO ground (id, incarnation) VALUES (1, lower(hex(randomblob(16))));

            -- What other services are to be told, in order; a row leaves when it has arrived.
            CREATE TABLE outbox (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                recipient TEXT NOT NULL,
                topic TEXT NOT NULL,
                body TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT;

            -- How far each sender's messages were applied.
            CREATE TABLE inbox_marks (
                sender TEXT NOT NULL,
                incarnation TEXT NOT NULL,
                high_water_mark INTEGER NOT NULL,
                PRIMARY KEY (sender, incarnation)
            ) STRICT, WITHOUT ROWID;

            -- Messages that arrived and could not be understood: kept for a release that can, out of the others' way.
            CREATE TABLE dead_letters (
                sender TEXT NOT NULL,
                incarnation TEXT NOT NULL,
                sequence INTEGER NOT NULL,
                topic TEXT NOT NULL,
                body TEXT NOT NULL,
                problem TEXT NOT NULL,
                received_at INTEGER NOT NULL,
                PRIMARY KEY (sender, incarnation, sequence)
            ) STRICT, WITHOUT ROWID;

            -- Replies to calls that carried an idempotency key, for 24 hours.
            CREATE TABLE idempotency_replies (
                principal TEXT NOT NULL,
                method TEXT NOT NULL,
                key TEXT NOT NULL,
                params_hash BLOB NOT NULL,
                reply TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (principal, method, key)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX idempotency_replies_by_age ON idempotency_replies (created_at);

            -- Long work and how far it is. The order of ids is the order of creation.
            CREATE TABLE jobs (
                id BLOB NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
                done INTEGER NOT NULL DEFAULT 0,
                total INTEGER,
                unit TEXT NOT NULL,
                -- Where the work goes on: ids and figures, nothing of people.
                state TEXT,
                problem TEXT,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX jobs_running ON jobs (updated_at, id) WHERE status = 'running';

            -- Heads of the audit log as tenancy told them: the newest, and for ever those that contradict each other.
            CREATE TABLE audit_heads (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                tree_size INTEGER NOT NULL,
                root_hash BLOB NOT NULL,
                signed_at INTEGER NOT NULL,
                key_id BLOB NOT NULL,
                public_key BLOB NOT NULL,
                signature BLOB NOT NULL,
                received_at INTEGER NOT NULL,
                -- Why it was refused, and which head it contradicts.
                problem TEXT CHECK (problem IN ('signature', 'key', 'smaller', 'fork')),
                contradicts INTEGER,
                -- Nothing proves that the head after it continues it: it is never forgotten.
                is_kept INTEGER NOT NULL DEFAULT 0 CHECK (is_kept IN (0, 1)),
                -- Why the platform had it taken, whose key the one before did not sign; it is never forgotten.
                adoption_reason TEXT
            ) STRICT;
            CREATE INDEX audit_heads_refused ON audit_heads (number) WHERE problem IS NOT NULL;
            CREATE INDEX audit_heads_adopted ON audit_heads (contradicts) WHERE adoption_reason IS NOT NULL;

            -- What keeps a brand's data, or a person's, from retention and erasure.
            CREATE TABLE legal_holds (
                id BLOB NOT NULL,
                -- The person, and their number in this database; NULL: the whole brand.
                actor BLOB,
                number INTEGER,
                reason TEXT NOT NULL,
                placed_by TEXT NOT NULL,
                placed_at INTEGER NOT NULL,
                CHECK ((actor IS NULL) = (number IS NULL)),
                UNIQUE (id, actor)
            ) STRICT;

            -- How long the rows of a table stay, where the brand says less than the data map, and what went last.
            CREATE TABLE retention_rules (
                name TEXT NOT NULL PRIMARY KEY,
                days INTEGER NOT NULL CHECK (days > 0),
                applied_at INTEGER,
                rows INTEGER
            ) STRICT, WITHOUT ROWID;

            -- How many rows each request of a person took or changed, so that it is answered the same when it is asked again.
            CREATE TABLE request_rows (
                request BLOB NOT NULL,
                touched_table TEXT NOT NULL,
                rows INTEGER NOT NULL,
                PRIMARY KEY (request, touched_table)
            ) STRICT, WITHOUT ROWID;

            -- Keyed hashes of erased identifiers: what matches one is refused.
            CREATE TABLE tombstones (
                digest BLOB NOT NULL PRIMARY KEY,
                request BLOB NOT NULL,
                erased_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            """#)
}
