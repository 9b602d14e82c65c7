-- Passes that were spent.
CREATE TABLE pass (
    epoch INTEGER NOT NULL,
    nullifier BLOB NOT NULL CHECK (length(nullifier) = 32),
    digest BLOB NOT NULL CHECK (length(digest) = 32),  -- SHA-256 of the envelope's body
    PRIMARY KEY (epoch, nullifier)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
