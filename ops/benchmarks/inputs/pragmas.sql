-- What the suite's writer sets on a connection (Sources/SQLite/Connection.swift), so that durability costs the yardstick
-- the same.
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = 67108864;
PRAGMA wal_autocheckpoint = 8000;
