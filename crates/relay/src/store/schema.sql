-- Schema 2 of the embedded relay store. The body of an envelope is its last column, so that looking
-- up a digest does not read it.
CREATE TABLE envelope (
    idx INTEGER PRIMARY KEY,                 -- order of arrival, from 1, without gaps
    time INTEGER NOT NULL,                   -- seconds since 1970 UTC
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),  -- SHA-256 of the body
    body BLOB NOT NULL CHECK (length(body) = 2048)
) STRICT;

CREATE TABLE publication (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL,                 -- of its bulletin; only grows
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Passes that were spent, until their epoch is not taken any more. The epoch comes first, so that one
-- epoch's lie together and go together.
CREATE TABLE pass (
    epoch INTEGER NOT NULL,
    nullifier BLOB NOT NULL CHECK (length(nullifier) = 32),
    digest BLOB NOT NULL CHECK (length(digest) = 32),  -- SHA-256 of the envelope's body
    PRIMARY KEY (epoch, nullifier)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
