//! Messages as phones send them.

use rusmpp::{
    Pdu,
    pdus::{DataSm, DeliverSm},
    tlvs::{MessageDeliveryRequestTlvValue as Extra, MessageSubmissionRequestTlvValue},
    types::{AnyOctetString, COctetString, OctetString},
    values::{DataCoding, EsmClass, MessagePayload, Npi, Ton},
};

/// Coding schemes (SMPP 3.4 5.2.19).
const UCS2: u8 = 8;
/// esm_class: the text begins with a header.
const HEADED: u8 = 0x40;

/// One short message, or one part of a longer one.
#[derive(Clone, Debug)]
pub struct Sms(Pdu);

impl Sms {
    /// A message by its bytes.
    ///
    /// # Panics
    /// When the number has more than 20 characters or the text more than 255 bytes.
    pub fn bytes(from: &str, class: u8, coding: u8, bytes: &[u8]) -> Self {
        Self(deliver(from, class, coding, bytes, Vec::new()).into())
    }

    /// In one part: septets, where all of it is in ASCII, else UCS-2.
    ///
    /// # Panics
    /// When the text does not fit.
    pub fn text(from: &str, text: &str) -> Self {
        if text.is_ascii() {
            assert!(text.len() <= 160, "{} septets", text.len());
            Self::bytes(from, 0, 0, text.as_bytes())
        } else {
            let bytes = ucs2(text);
            assert!(bytes.len() <= 140, "{} bytes", bytes.len());
            Self::bytes(from, 0, UCS2, &bytes)
        }
    }

    /// In as many parts as phones make of it, by a header of an 8-bit reference.
    pub fn parts(from: &str, reference: u8, text: &str) -> Vec<Self> {
        split(text, 153, 67, |coding, total, number, bytes| {
            let header = [5, 0, 3, reference, total, number];
            Self::bytes(from, HEADED, coding, &[&header, bytes].concat())
        })
    }

    /// As [`Sms::parts`], by optional parameters in place of a header.
    pub fn sar_parts(from: &str, reference: u16, text: &str) -> Vec<Self> {
        split(text, 153, 67, |coding, total, number, bytes| {
            let extras = vec![
                Extra::SarMsgRefNum(reference),
                Extra::SarTotalSegments(total),
                Extra::SarSegmentSeqnum(number),
            ];
            Self(deliver(from, 0, coding, bytes, extras).into())
        })
    }

    /// Whole, as carriers hand it over who put parts together.
    pub fn payload(from: &str, text: &str) -> Self {
        let extras = vec![Extra::MessagePayload(payload(text))];
        Self(deliver(from, 0, UCS2, b"", extras).into())
    }

    /// Whole, by the other frame that SMPP has for it.
    pub fn data(from: &str, text: &str) -> Self {
        let sm = DataSm::builder()
            .source_addr(number(from))
            .destination_addr(number("4747"))
            .data_coding(DataCoding::from(UCS2))
            .push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload(
                text,
            )))
            .build();
        Self(sm.into())
    }

    pub(crate) fn pdu(&self) -> Pdu {
        self.0.clone()
    }
}

fn number<const MAX: usize>(text: &str) -> COctetString<1, MAX> {
    COctetString::from_vec([text.as_bytes(), b"\0"].concat())
        .expect("a number has 20 digits at most")
}

fn payload(text: &str) -> MessagePayload {
    MessagePayload::new(AnyOctetString::from_vec(ucs2(text)))
}

fn deliver(from: &str, class: u8, coding: u8, bytes: &[u8], extras: Vec<Extra>) -> DeliverSm {
    let text = OctetString::from_slice(bytes).expect("a short message has 255 bytes at most");
    DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(number(from))
        .destination_addr(number("4747"))
        .esm_class(EsmClass::from(class))
        .data_coding(DataCoding::from(coding))
        .short_message(text)
        .tlvs(extras)
        .build()
}

fn ucs2(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn split(
    text: &str,
    septets: usize,
    characters: usize,
    make: impl Fn(u8, u8, u8, &[u8]) -> Sms,
) -> Vec<Sms> {
    let (coding, bytes, room) = if text.is_ascii() {
        (0, text.as_bytes().to_vec(), septets)
    } else {
        (UCS2, ucs2(text), characters * 2)
    };
    let total = bytes.len().div_ceil(room) as u8;
    (1..)
        .zip(bytes.chunks(room))
        .map(|(number, part)| make(coding, total, number, part))
        .collect()
}
