-- What waits for the relay. No time, no number, no text: an envelope and, where relays want them, the pass that it is
-- shown with. The order is that of arrival.
CREATE TABLE waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 2,048 bytes, sealed.
    envelope BLOB NOT NULL,
    -- Bound to this envelope before it is first shown: a pass that is shown with two ties them together.
    pass BLOB
) STRICT;
PRAGMA user_version = 1;
