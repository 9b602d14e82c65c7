//! Updates, cancellations and what holds (CAP 1.2, 3.2.1 and 3.2.2).

use lapwing_warn::*;

use crate::fixtures::{SENT, shelling, story, texts, time, token};

fn identifiers(alerts: &[&Alert]) -> Vec<String> {
    alerts
        .iter()
        .map(|alert| alert.identifier.to_string())
        .collect()
}

#[test]
fn references_are_cumulative_and_in_order_of_sending() {
    let story = story();
    assert_eq!(story[1].references, [story[0].reference()]);
    assert_eq!(
        story[2].references,
        [story[0].reference(), story[1].reference()]
    );
    assert!(to_xml(&story[2]).contains(
        "<references>desk@lapwing.example,lapwing-2022-0017,2022-10-10T05:00:00-00:00 \
         desk@lapwing.example,lapwing-2022-0018,2022-10-10T05:10:00-00:00</references>"
    ));
}

#[test]
fn a_story_holds_from_alert_through_update_to_cancellation() {
    let story = story();
    let holds = |after| identifiers(&in_force(&story, SENT + after));
    assert_eq!(holds(-1), [""; 0]);
    assert_eq!(holds(0), ["lapwing-2022-0017"]);
    assert_eq!(holds(599), ["lapwing-2022-0017"]);
    assert_eq!(holds(600), ["lapwing-2022-0018"]);
    assert_eq!(holds(3_599), ["lapwing-2022-0018"]);
    assert_eq!(holds(3_600), [""; 0]);
}

#[test]
fn a_warning_ends_at_the_second_it_expires() {
    let alerts = [shelling()];
    assert_eq!(in_force(&alerts, SENT + 7_199).len(), 1);
    assert_eq!(in_force(&alerts, SENT + 7_200).len(), 0);
}

#[test]
fn what_an_expired_update_superseded_does_not_come_back() {
    let alert = shelling();
    let mut infos = alert.infos.clone();
    for info in &mut infos {
        info.expires = Some(time(SENT + 700));
    }
    let update = alert.update(token("u"), time(SENT + 600), infos).unwrap();
    assert_eq!(in_force(&[alert, update], SENT + 800).len(), 0);
}

#[test]
fn one_missed_message_does_not_keep_an_old_warning_alive() {
    let story = story();
    let received = [story[0].clone(), story[2].clone()];
    assert_eq!(in_force(&received, SENT + 3_600).len(), 0);
}

#[test]
fn neither_another_sender_nor_an_exercise_cancels_a_warning() {
    let story = story();
    for change in [
        |fields: &mut AlertFields| fields.sender = token("other.example"),
        |fields: &mut AlertFields| fields.status = Status::Exercise,
    ] {
        let mut fields = story[2].clone().into_fields();
        change(&mut fields);
        let cancel = Alert::new(fields).unwrap();
        let alerts = [story[0].clone(), cancel];
        assert_eq!(
            identifiers(&in_force(&alerts, SENT + 3_600)),
            ["lapwing-2022-0017"]
        );
    }
}

#[test]
fn a_warning_waits_for_its_effective_time() {
    let mut fields = shelling().into_fields();
    for info in &mut fields.infos {
        info.effective = Some(time(SENT + 100));
    }
    let alerts = [Alert::new(fields).unwrap()];
    assert_eq!(in_force(&alerts, SENT + 99).len(), 0);
    assert_eq!(in_force(&alerts, SENT + 100).len(), 1);
}

#[test]
fn a_warning_received_twice_holds_once() {
    assert_eq!(in_force(&[shelling(), shelling()], SENT).len(), 1);
}

#[test]
fn acknowledgements_and_empty_messages_do_not_hold() {
    let mut fields = story()[1].clone().into_fields();
    fields.msg_type = MsgType::Ack;
    let ack = Alert::new(fields).unwrap();
    let empty = Alert::new(AlertFields {
        infos: vec![],
        ..shelling().into_fields()
    })
    .unwrap();
    assert_eq!(in_force(&[ack, empty], SENT + 1_000).len(), 0);
}

#[test]
fn nothing_follows_a_cancellation_or_the_future() {
    let story = story();
    let follow = |alert: &Alert, at| alert.cancel(token("x"), time(at), None, vec![]).map(drop);
    let msg_type = MsgType::Cancel;
    assert_eq!(
        follow(&story[2], SENT + 9_000),
        Err(ChainError::NotFollowable { msg_type })
    );
    assert_eq!(follow(&story[0], SENT), Err(ChainError::NotLater));
    assert_eq!(follow(&story[0], SENT + 1), Ok(()));
}

#[test]
fn an_update_is_not_over_before_it_begins() {
    let alert = shelling();
    let late = alert.update(token("x"), time(SENT + 7_200), alert.infos.clone());
    assert_eq!(late, Err(ChainError::Expired { info: 0 }));
}

#[test]
fn a_message_cannot_take_the_identifier_of_what_it_follows() {
    let alert = shelling();
    let same = alert.cancel(alert.identifier.clone(), time(SENT + 1), None, vec![]);
    assert_eq!(
        same,
        Err(ChainError::Alert(AlertError::RefersToItself { index: 0 }))
    );
}

#[test]
fn an_alert_expires_with_its_last_info() {
    let mut fields = shelling().into_fields();
    fields.infos[1].expires = Some(time(SENT + 9_000));
    let alert = Alert::new(fields.clone()).unwrap();
    assert_eq!(alert.expires(), Some(time(SENT + 9_000)));
    fields.infos[0].expires = None;
    assert_eq!(Alert::new(fields).unwrap().expires(), None);
    assert_eq!(shelling().infos.len(), texts().len());
}
