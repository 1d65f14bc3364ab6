//! The table of URL tricks at the door itself: each row says what must become of it, and none may reach the
//! trap, which listens on every address of this machine.

use std::sync::Arc;

use marquetry_egress::{Egress, EgressError, FetchLimits, Outgoing, Policy, SendLimits};
use marquetry_testkit::tricks::Fate::{self, Answers, Means, Text};
use marquetry_testkit::tricks::{TRICKS, aimed};

use crate::far_end::{Names, Trap, class, door};

fn policy(trap: &Trap) -> Policy {
    Policy {
        ports: vec![80, 443, trap.port],
        ..Policy::default()
    }
}

/// Checks one outcome against the row and the names that were looked up for it.
fn judge(
    url: &str,
    fate: &Fate,
    outcome: Result<(), EgressError>,
    asked: &[String],
    faults: &mut Vec<String>,
) {
    let got = outcome.as_ref().map_or_else(class, |()| "reached");
    let (expected, names): (_, &[&str]) = match fate {
        Text(expected) => (*expected, &[]),
        Answers(name, _) => ("address", std::slice::from_ref(name)),
        Means(name) => ("no_such_name", std::slice::from_ref(name)),
    };
    if got != expected || asked != names {
        faults.push(format!("{url:?}: {got}, wanted {expected}; looked up {asked:?}"));
    }
}

fn known() -> Arc<Names> {
    let names: Vec<_> = TRICKS
        .iter()
        .filter_map(|(_, fate)| {
            if let Answers(name, list) = fate {
                Some((*name, *list))
            } else {
                None
            }
        })
        .collect();
    Names::knowing(&names)
}

#[tokio::test]
async fn the_pure_guard_judges_every_row() {
    let trap = Trap::set().await;
    let policy = policy(&trap);
    let mut faults = Vec::new();
    for (url, fate) in TRICKS {
        let url = aimed(url, trap.port);
        let judged = policy.check(&url).map_err(|why| EgressError::Refused {
            host: String::new(),
            why,
        });
        let fine = match (fate, &judged) {
            (Text(expected), Err(error)) => class(error) == *expected,
            (Answers(name, _) | Means(name), Ok(target)) => target.host() == *name,
            _ => false,
        };
        if !fine {
            faults.push(format!("{url:?}: {judged:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn no_row_reaches_the_trap_by_fetch_send_or_check() {
    let trap = Trap::set().await;
    let mut faults = Vec::new();
    for (url, fate) in TRICKS {
        let url = aimed(url, trap.port);
        let names = known();
        let egress = door(policy(&trap), names.clone());
        let fetched = egress.fetch(&url, &FetchLimits::default()).await.map(drop);
        judge(&url, fate, fetched, &names.take_asked(), &mut faults);
        let sent = egress
            .send(Outgoing::post(&url, "{}"), &SendLimits::default())
            .await
            .map(drop);
        judge(&url, fate, sent, &names.take_asked(), &mut faults);
        let checked = egress.check(&url).await.map(drop);
        judge(&url, fate, checked, &names.take_asked(), &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(trap.visits().await, 0);
}

/// The control for all the zeros above: the same trap is reached once the policy allows it.
#[tokio::test]
async fn the_trap_does_count_whoever_may_come() {
    let trap = Trap::set().await;
    let egress = Egress::new(Policy::allow_private()).unwrap();
    let url = format!("http://127.0.0.1:{}/", trap.port);
    let error = egress.fetch(&url, &FetchLimits::default()).await.unwrap_err();
    assert_eq!(error.class(), "protocol", "it hangs up at once");
    assert_eq!(trap.visits().await, 1);
}

/// A refused URL may hold a password or a signature; neither text repeats it.
#[tokio::test]
async fn refusals_do_not_repeat_secrets() {
    let egress = Egress::new(Policy::default()).unwrap();
    for url in [
        "https://user:hunter2secret@example.com/",
        "https://10.0.0.1/a?X-Amz-Signature=hunter2secret",
        "hunter2secret://x",
        "https://exa mple.com/?hunter2secret",
    ] {
        let error = egress.fetch(url, &FetchLimits::default()).await.unwrap_err();
        let texts = format!("{error} {error:?} {} {}", error.detail(), error.client_message());
        assert!(!texts.contains("hunter2secret"), "{texts}");
    }
}
