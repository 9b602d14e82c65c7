//! What a desk pulls: `index 8 · time 8 · salt 32 · envelope 2,048`, one after the other.

use thiserror::Error;

use crate::{ENVELOPE_LEN, Envelope, EnvelopeError, SALT_LEN};

/// Length of a record.
pub const RECORD_LEN: usize = 8 + 8 + SALT_LEN + ENVELOPE_LEN;

const SALT_AT: usize = 16;
const ENVELOPE_AT: usize = SALT_AT + SALT_LEN;

/// One stored envelope as the desk gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Place in the relay's order, from 1.
    pub index: u64,
    /// When the relay stored it.
    pub time: i64,
    /// Salt of its leaf.
    pub salt: [u8; SALT_LEN],
    /// The envelope.
    pub envelope: Envelope,
}

/// Why bytes are not records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not a whole number of records.
    #[error("{0} bytes are not a whole number of records")]
    Length(usize),
    /// Indices must grow.
    #[error("record {0} does not come after the one before")]
    Order(u64),
    /// A time out of range.
    #[error("the time of record {0} is out of range")]
    Time(u64),
    /// What is inside is no envelope.
    #[error("record {index} holds no envelope")]
    Envelope {
        /// Index of the record.
        index: u64,
        /// What is wrong.
        #[source]
        source: EnvelopeError,
    },
}

impl Record {
    /// Appends the record to `out`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.time.max(0).to_be_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(self.envelope.as_bytes());
    }

    /// Reads one record.
    ///
    /// # Errors
    /// When the bytes are not exactly one record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() != RECORD_LEN {
            return Err(RecordError::Length(bytes.len()));
        }
        let number = |at: usize| {
            let mut n = [0; 8];
            n.copy_from_slice(&bytes[at..at + 8]);
            u64::from_be_bytes(n)
        };
        let index = number(0);
        let mut salt = [0; SALT_LEN];
        salt.copy_from_slice(&bytes[SALT_AT..ENVELOPE_AT]);
        Ok(Self {
            index,
            time: i64::try_from(number(8)).map_err(|_big| RecordError::Time(index))?,
            salt,
            envelope: Envelope::from_bytes(&bytes[ENVELOPE_AT..])
                .map_err(|source| RecordError::Envelope { index, source })?,
        })
    }
}

/// Reads an answer to a pull: records with growing indices and nothing else.
///
/// # Errors
/// When any record is not one, or they are out of order.
pub fn records(bytes: &[u8]) -> Result<Vec<Record>, RecordError> {
    if !bytes.len().is_multiple_of(RECORD_LEN) {
        return Err(RecordError::Length(bytes.len()));
    }
    let mut out: Vec<Record> = Vec::with_capacity(bytes.len() / RECORD_LEN);
    for chunk in bytes.chunks_exact(RECORD_LEN) {
        let record = Record::decode(chunk)?;
        if out.last().is_some_and(|last| last.index >= record.index) {
            return Err(RecordError::Order(record.index));
        }
        out.push(record);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyEpoch;

    fn record(index: u64) -> Record {
        let mut bytes = Envelope::header_for(KeyEpoch(1), &[0; 32]).to_vec();
        bytes.resize(ENVELOPE_LEN, 5);
        let envelope = Envelope::from_bytes(&bytes).unwrap();
        Record {
            index,
            time: 1_790_000_000,
            salt: [1; SALT_LEN],
            envelope,
        }
    }

    fn encoded(indices: &[u64]) -> Vec<u8> {
        let mut out = Vec::new();
        indices
            .iter()
            .for_each(|&i| record(i).encode_into(&mut out));
        out
    }

    #[test]
    fn records_read_back() {
        assert_eq!(
            records(&encoded(&[1, 2, 9])).unwrap(),
            [record(1), record(2), record(9)]
        );
        assert_eq!(records(&[]).unwrap(), []);
    }

    #[test]
    fn disorder_and_fragments_are_refused() {
        assert_eq!(records(&encoded(&[2, 2])), Err(RecordError::Order(2)));
        let bytes = encoded(&[1, 2]);
        for n in [1, RECORD_LEN - 1, RECORD_LEN + 1, bytes.len() - 1] {
            assert_eq!(records(&bytes[..n]), Err(RecordError::Length(n)));
        }
    }

    #[test]
    fn a_record_without_an_envelope_is_named() {
        let mut bytes = encoded(&[7]);
        bytes[ENVELOPE_AT] = 0;
        assert_eq!(
            records(&bytes),
            Err(RecordError::Envelope {
                index: 7,
                source: EnvelopeError::Version(0)
            })
        );
    }
}
