//! What a carrier's frame says.

use rusmpp::{
    Pdu,
    pdus::{DataSm, DeliverSm},
    tlvs::{Tlv, TlvValue},
    values::{DataCoding, EsmClass},
};
use zeroize::Zeroizing;

use crate::{DefaultAlphabet, Message, Part, alphabet};

/// esm_class (SMPP 3.4 5.2.12): the text begins with a header. What else it says is not looked at: a receipt is no whisper.
const HEADED: u8 = 0x40;

/// Elements of a header that say which part it is (3GPP TS 23.040 9.2.3.24.1 and .8).
const PART_8: u8 = 0x00;
const PART_16: u8 = 0x08;

/// The message in a frame; `None` when it holds no text.
pub(crate) fn message(pdu: &Pdu, default: DefaultAlphabet) -> Option<Message> {
    match pdu {
        Pdu::DeliverSm(sm) => read(sm, default),
        Pdu::DataSm(sm) => read(sm, default),
        _ => None,
    }
}

/// What the two frames that carry messages have in common.
trait Carried {
    fn from(&self) -> &str;
    fn class(&self) -> EsmClass;
    fn coding(&self) -> DataCoding;
    fn short(&self) -> &[u8];
    fn extras(&self) -> &[Tlv];
}

impl Carried for DeliverSm {
    fn from(&self) -> &str {
        self.source_addr.as_str()
    }
    fn class(&self) -> EsmClass {
        self.esm_class
    }
    fn coding(&self) -> DataCoding {
        self.data_coding
    }
    fn short(&self) -> &[u8] {
        self.short_message().as_ref()
    }
    fn extras(&self) -> &[Tlv] {
        self.tlvs()
    }
}

impl Carried for DataSm {
    fn from(&self) -> &str {
        self.source_addr.as_str()
    }
    fn class(&self) -> EsmClass {
        self.esm_class
    }
    fn coding(&self) -> DataCoding {
        self.data_coding
    }
    fn short(&self) -> &[u8] {
        &[]
    }
    fn extras(&self) -> &[Tlv] {
        self.tlvs()
    }
}

fn read(sm: &impl Carried, default: DefaultAlphabet) -> Option<Message> {
    let class = u8::from(sm.class());
    let mut bytes = sm.short();
    let (mut reference, mut total, mut number) = (None, None, None);
    for extra in sm.extras() {
        match extra.value() {
            Some(TlvValue::MessagePayload(payload)) => bytes = payload.value.as_ref(),
            Some(TlvValue::SarMsgRefNum(n)) => reference = Some(u64::from(*n)),
            Some(TlvValue::SarTotalSegments(n)) => total = Some(*n),
            Some(TlvValue::SarSegmentSeqnum(n)) => number = Some(*n),
            _ => {}
        }
    }
    let mut part = match (reference, total, number) {
        (Some(reference), Some(total), Some(number)) => Some(Part {
            reference,
            total,
            number,
        }),
        _ => None,
    };
    if class & HEADED != 0 {
        let (headed, rest) = header(bytes)?;
        part = headed.or(part);
        bytes = rest;
    }
    Some(Message {
        from: Zeroizing::new(sm.from().to_owned()),
        text: alphabet::text(u8::from(sm.coding()), bytes, default)?,
        part,
    })
}

/// Splits off a header, and finds in it which part this is.
fn header(bytes: &[u8]) -> Option<(Option<Part>, &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let (mut elements, text) = rest.split_at_checked(usize::from(length))?;
    let mut part = None;
    while let [id, length, rest @ ..] = elements {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        match (*id, value) {
            (PART_8, &[reference, total, number]) => {
                part = Some(Part {
                    reference: u64::from(reference),
                    total,
                    number,
                });
            }
            (PART_16, &[high, low, total, number]) => {
                part = Some(Part {
                    reference: u64::from(u16::from_be_bytes([high, low])),
                    total,
                    number,
                });
            }
            _ => {}
        }
        elements = after;
    }
    Some((part, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::pdu;
    use proptest::prelude::*;
    use rusmpp::{
        tlvs::{MessageDeliveryRequestTlvValue as Extra, MessageSubmissionRequestTlvValue},
        types::{AnyOctetString, COctetString, OctetString},
        values::MessagePayload,
    };

    fn sm(class: u8, coding: u8, short: &[u8], extras: Vec<Extra>) -> Pdu {
        DeliverSm::builder()
            .source_addr(COctetString::from_slice(b"380441234567\0").unwrap())
            .esm_class(EsmClass::from(class))
            .data_coding(DataCoding::from(coding))
            .short_message(OctetString::from_slice(short).unwrap())
            .tlvs(extras)
            .build()
            .into()
    }

    fn taken(pdu: &Pdu) -> Option<(String, Option<Part>)> {
        let message = message(pdu, DefaultAlphabet::Gsm7)?;
        assert_eq!(*message.from, "380441234567");
        Some((message.text.to_string(), message.part))
    }

    const PART: Part = Part {
        reference: 0x1234,
        total: 3,
        number: 2,
    };

    #[test]
    fn a_part_says_so_in_each_of_three_ways() {
        let eight = Part {
            reference: 0x34,
            ..PART
        };
        let headed = sm(0x40, 0, b"\x05\x00\x03\x34\x03\x02zebra", vec![]);
        assert_eq!(taken(&headed).unwrap(), ("zebra".into(), Some(eight)));
        let headed = sm(
            0x40,
            0,
            b"\x09\x24\x01\x00\x08\x04\x12\x34\x03\x02zebra",
            vec![],
        );
        assert_eq!(taken(&headed).unwrap(), ("zebra".into(), Some(PART)));
        let sar = vec![
            Extra::SarMsgRefNum(0x1234),
            Extra::SarTotalSegments(3),
            Extra::SarSegmentSeqnum(2),
        ];
        let sar = sm(0, 0, b"zebra", sar);
        assert_eq!(taken(&sar).unwrap(), ("zebra".into(), Some(PART)));
    }

    #[test]
    fn a_payload_stands_in_for_the_short_message() {
        let text = "їжак ".repeat(80);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let payload = MessagePayload::new(AnyOctetString::from_slice(&bytes));
        let pdu = sm(0, 8, b"", vec![Extra::MessagePayload(payload)]);
        assert_eq!(taken(&pdu).unwrap(), (text, None));
    }

    #[test]
    fn both_frames_that_carry_messages_are_read() {
        let text = "їжак ".repeat(80);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let payload = MessagePayload::new(AnyOctetString::from_slice(&bytes));
        let data = DataSm::builder()
            .source_addr(COctetString::from_slice(b"380441234567\0").unwrap())
            .data_coding(DataCoding::Ucs2)
            .push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload))
            .build();
        assert_eq!(taken(&data.clone().into()).unwrap(), (text.clone(), None));
        let mut frame = pdu::bytes(rusmpp::CommandStatus::EsmeRok, 1, data).to_vec();
        let command = read_frame(&mut frame).expect("the codec reads it");
        assert_eq!(taken(command.pdu().unwrap()).unwrap(), (text, None));
    }

    #[test]
    fn what_carriers_add_of_their_own_is_passed_over() {
        let payload = || MessagePayload::new(AnyOctetString::from_slice(b"zebra"));
        let deliver = sm(
            0,
            0,
            b"",
            vec![Extra::MessagePayload(payload()), Extra::SarMsgRefNum(1)],
        );
        let data = DataSm::builder()
            .source_addr(COctetString::from_slice(b"380441234567\0").unwrap())
            .esm_class(EsmClass::from(0))
            .push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload()))
            .build();
        for pdu in [deliver, data.into()] {
            let mut frame = pdu::bytes(rusmpp::CommandStatus::EsmeRok, 1, pdu).to_vec();
            // A parameter of a vendor's, one that is known, two that are known by another length.
            for extra in [
                &b"\x14\x00\x00\x03abc"[..],
                b"\x00\x06\x00\x01\x01",
                b"\x02\x0a\x00\x01\x01",
                b"\x02\x0e\x00\x02\x01\x01",
            ] {
                frame.extend_from_slice(extra);
                let command = read_frame(&mut frame).unwrap_or_else(|| panic!("{extra:?}"));
                assert_eq!(taken(command.pdu().unwrap()).unwrap().0, "zebra");
            }
            // One that is cut off is no frame.
            frame.extend_from_slice(b"\x14\x00\x00\x03ab");
            assert!(read_frame(&mut frame).is_none());
        }
    }

    fn read_frame(frame: &mut [u8]) -> Option<rusmpp::Command> {
        let length = frame.len() as u32;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let read = runtime.block_on(pdu::read(&mut &frame[..])).unwrap();
        read.command
    }

    #[test]
    fn binaries_and_broken_headers_are_no_messages() {
        assert_eq!(taken(&sm(0, 4, b"\x00\x01", vec![])), None);
        for broken in [&b""[..], b"\x05\x00\x03", b"\x02\x00\x03", b"\xff"] {
            assert_eq!(taken(&sm(0x40, 0, broken, vec![])), None, "{broken:?}");
        }
        assert_eq!(
            taken(&sm(0x40, 0, b"\x00zebra", vec![])).unwrap().0,
            "zebra"
        );
    }

    proptest! {
        #[test]
        fn any_message_is_read_or_not(class: u8, coding: u8, short in prop::collection::vec(any::<u8>(), 0..160)) {
            message(&sm(class, coding, &short, vec![]), DefaultAlphabet::Gsm7);
        }
    }
}
