-- What happened, in order: only commitments to it. No pseudonym, no counter, no content.
CREATE TABLE journal (
  seq        INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  entry_kind TEXT NOT NULL,
  commitment BLOB NOT NULL CHECK (length(commitment) = 32),
  chain      BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;

-- Where the fold starts, and what is kept of all before.
CREATE INDEX journal_closings ON journal (seq) WHERE entry_kind = 'closing';
CREATE INDEX journal_remains ON journal (seq) WHERE entry_kind = 'remains';

CREATE TRIGGER journal_keeps_its_rows BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_forgets_no_row BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- What was committed to. A row may be forgotten; its commitment stays.
CREATE TABLE payload (
  seq  INTEGER PRIMARY KEY REFERENCES journal (seq),
  salt BLOB NOT NULL,
  body BLOB NOT NULL
) STRICT;

-- Who said it: tags of an epoch, sealed under its key, which lies in the keyring. No pseudonym.
CREATE TABLE tie (
  seq    INTEGER PRIMARY KEY REFERENCES journal (seq),
  epoch  INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;

-- Reports already taken, by SHA-256 of the seed of their fields, which no two reports share.
CREATE TABLE report (
  seed_digest BLOB PRIMARY KEY,
  seq         INTEGER NOT NULL REFERENCES journal (seq)
) STRICT, WITHOUT ROWID;

-- Envelopes already taken, by digest, and the entry that says what became of each.
CREATE TABLE envelope (
  digest BLOB PRIMARY KEY,
  seq    INTEGER NOT NULL REFERENCES journal (seq)
) STRICT, WITHOUT ROWID;

-- Last index taken from each relay: moves in the transaction of its entries.
CREATE TABLE cursor (
  relay TEXT PRIMARY KEY,
  after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Last bulletin that each relay is known to have.
CREATE TABLE delivery (
  relay  TEXT PRIMARY KEY,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Derived: `lapwing desk rebuild` writes what follows again from the journal.
-- `voices` says which reports an incident has; who is who among them is sealed as in `tie`.
CREATE TABLE incident (
  id          INTEGER PRIMARY KEY,
  last_report INTEGER NOT NULL,
  closed      INTEGER NOT NULL,
  view        TEXT NOT NULL,
  voices      BLOB NOT NULL
) STRICT;
CREATE INDEX incident_by_time ON incident (last_report);

CREATE TABLE incident_report (
  report   INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL
) STRICT;
CREATE INDEX incident_report_by_incident ON incident_report (incident);

CREATE TABLE warning (
  id       TEXT PRIMARY KEY,
  incident INTEGER NOT NULL,
  sent     INTEGER NOT NULL,
  view     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Compartments. The secret half of a cell's key opens with its coordinator's passphrase only.
CREATE TABLE cell (
  id      INTEGER PRIMARY KEY,
  public  BLOB NOT NULL,
  wrapped BLOB NOT NULL,
  made    INTEGER NOT NULL
) STRICT;

-- Invites, by hash of their secret: whoever reads this can use none. Whoever joins by one for duress speaks
-- because they are forced to.
CREATE TABLE invite (
  hash    BLOB PRIMARY KEY CHECK (length(hash) = 32),
  cell    INTEGER NOT NULL REFERENCES cell (id),
  expires INTEGER NOT NULL,
  state   TEXT NOT NULL CHECK (state IN ('open', 'revoked', 'used')),
  duress  INTEGER NOT NULL CHECK (duress IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What the desk works with of its witnesses: sealed under its working key. Numbers are drawn. Which cell
-- they are of, only records of that cell say. The level says how right they were when epochs closed, in
-- five steps.
CREATE TABLE member (
  id     INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL,
  level  INTEGER CHECK (level BETWEEN 0 AND 4)
) STRICT;

-- Sheets of paper that stand for a phone, without the rows that were used: sealed under the working key. Numbers are
-- drawn, among those of witnesses.
CREATE TABLE codebook (
  id     INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL
) STRICT;

-- What happened in a cell: sealed to the cell.
CREATE TABLE record (
  number INTEGER PRIMARY KEY,
  cell   INTEGER NOT NULL REFERENCES cell (id),
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX record_by_cell ON record (cell, number);

-- Replies that no phone has acknowledged: sealed under the working key; what a coordinator wrote lies in
-- them sealed for the witness.
CREATE TABLE reply (
  member INTEGER NOT NULL,
  number INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (member, number)
) STRICT, WITHOUT ROWID;
