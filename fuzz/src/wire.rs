//! Decoders of `lapwing-wire`.

use ed25519_dalek::Signer as _;
use lapwing_model::{Form, Gist, Place, Sector};
use lapwing_wire::{
    Answer, Bulletin, Envelope, Publication, Receipt, Record, Release, SigningKey, Whisper, pull,
    records,
};

/// Signs whatever must be signed before a decoder looks at it.
pub fn root_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// The outside of an envelope.
pub fn envelope(data: &[u8]) -> bool {
    let Ok(envelope) = Envelope::from_bytes(data) else {
        return false;
    };
    assert_eq!(envelope.as_bytes().as_slice(), data);
    assert_eq!(
        [&envelope.header()[..], envelope.share(), envelope.sealed()].concat(),
        data,
        "nothing lies between"
    );
    let header = Envelope::header_for(envelope.epoch(), &envelope.root());
    assert_eq!(
        header,
        envelope.header(),
        "a header holds nothing but what is named"
    );
    true
}

/// A receipt.
pub fn receipt(data: &[u8]) -> bool {
    let Ok(receipt) = Receipt::decode(data) else {
        return false;
    };
    assert_eq!(receipt.encode(), data);
    let _verdict = receipt.verify(&root_key().verifying_key());
    true
}

/// A relay's answer to an envelope.
pub fn answer(data: &[u8]) -> bool {
    let Ok(answer) = Answer::decode(data) else {
        return false;
    };
    assert_eq!(answer.encode(), data);
    true
}

/// An answer to a pull: records one after the other.
pub fn pulled(data: &[u8]) -> bool {
    let alone = Record::decode(data);
    let Ok(all) = records(data) else { return false };
    assert!(
        all.is_sorted_by(|a, b| a.index < b.index),
        "a cursor only grows"
    );
    let mut again = Vec::new();
    for record in &all {
        record.encode_into(&mut again);
    }
    assert_eq!(again, data);
    assert_eq!(
        alone.is_ok(),
        all.len() == 1,
        "one record alone and in a list are the same"
    );
    true
}

/// A bulletin: `data` is what is signed, since no mutation finds a signature.
pub fn bulletin(data: &[u8]) -> bool {
    let key = root_key();
    let raw = Bulletin::verify(data, &key.verifying_key());
    assert!(raw.is_err(), "no signature fits by chance");
    let _claimed = Bulletin::claimed_root_key(data);
    let signature = key
        .sign(&[b"lapwing bulletin v1\n", data].concat())
        .to_bytes();
    let signed = [data, signature.as_slice()].concat();
    let Ok(bulletin) = Bulletin::verify(&signed, &key.verifying_key()) else {
        return false;
    };
    assert_eq!(bulletin.sign(&key), signed, "a bulletin has one encoding");
    for file in &bulletin.files {
        assert!(
            !file.name.starts_with('/') && !file.name.split('/').any(|part| part == ".."),
            "a name stays inside"
        );
    }
    true
}

/// A publication: a bulletin and its files.
pub fn publication(data: &[u8]) -> bool {
    let Ok(publication) = Publication::decode(data) else {
        return false;
    };
    assert_eq!(publication.encode(), data);
    let _verdict = publication.verify(&root_key().verifying_key());
    true
}

/// The two headers that sign a pull, on lines of their own.
pub fn pull_signature(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let mut lines = text.split('\n');
    let (Some(input), Some(signature)) = (lines.next(), lines.next()) else {
        return false;
    };
    let key = root_key();
    let (path, query, now) = ("/v1/envelopes", "after=3&limit=10", 1_790_000_000);
    if pull::verify(&key.verifying_key(), path, query, input, signature, now).is_err() {
        return false;
    }
    // Ed25519 is deterministic and the form is fixed: what is taken is what the desk would send.
    let created = input
        .split("created=")
        .nth(1)
        .and_then(|rest| rest.split(';').next());
    let created = created
        .and_then(|digits| digits.parse().ok())
        .expect("the form was accepted");
    let sent = pull::sign(&key, path, query, created);
    assert_eq!(sent.signature, signature);
    true
}

/// The list of an app's files: `data` is what is signed, since no mutation finds a signature.
pub fn release(data: &[u8]) -> bool {
    let key = root_key();
    let public = key.verifying_key();
    assert!(
        Release::verify(data, &public).is_err(),
        "no signature fits by chance"
    );
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
    let line = format!("signature {}\n", hex(&key.sign(data).to_bytes()));
    let signed = [data, line.as_bytes()].concat();
    let Ok(release) = Release::verify(&signed, &public) else {
        return false;
    };
    assert_eq!(release.sign(&key), signed, "a release has one form");
    true
}

/// The fourteen bytes of a call, and what would be said if they were not sealed.
pub fn whisper(data: &[u8]) -> bool {
    let Some(whisper) = data.try_into().ok().map(Whisper::from_bytes) else {
        return false;
    };
    let Ok(whisper) = whisper else { return false };
    assert_eq!(whisper.to_bytes(), data);
    let Ok(gist) = Gist::from_bits(whisper.sealed()) else {
        return false;
    };
    assert_eq!(gist.to_bits(), whisper.sealed());
    let place = Place::from_degrees(48.0, 37.8).expect("it is one");
    let form = Form::civil_protection();
    let Ok(seen) = gist.observation(&form, Sector::around(place), 1_790_000_000) else {
        return false;
    };
    assert_eq!(seen.fits(&form), Ok(()));
    true
}
