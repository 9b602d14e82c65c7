-- Schema 1 of the issuer's ledger. All of an epoch is deleted when the next begins.

-- Under this key identities are hashed.
CREATE TABLE secret (
    epoch INTEGER PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

-- Batches that were signed.
CREATE TABLE batch (
    epoch INTEGER NOT NULL,
    who BLOB NOT NULL CHECK (length(who) = 32),          -- HMAC-SHA256 of the identity
    request BLOB NOT NULL CHECK (length(request) = 32),  -- SHA-256 of the blinded request
    PRIMARY KEY (epoch, who, request)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
