//! What an answer, or the lack of one, means for a delivery, and how its owner is told. Pure.

use std::net::IpAddr;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use marquetry_egress::{EgressError, Phase, StatusCode};
use marquetry_job::Timestamp;
use marquetry_model::{Delivery, Trouble};

use crate::condition::Sign;

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    /// The status of the answer, if one came.
    pub(crate) status: Option<u16>,
    /// What went wrong, for the owner; `None` after a 2xx.
    pub(crate) error: Option<String>,
    /// What sort of failure that was.
    pub(crate) trouble: Option<Trouble>,
    /// What the look-up of the host name gave, for the owner; empty where nobody knows.
    pub(crate) lookup: String,
    /// The beginning of the answer's body.
    pub(crate) answer: String,
}

/// What that means for the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver took it.
    Accepted,
    /// The receiver wants nothing any more.
    Gone,
    /// It did not take it this time.
    Refused {
        /// When it wants to be asked again, if it said so.
        retry_after: Option<Duration>,
        /// Whether it said that it has too much to do.
        overloaded: bool,
    },
}

impl Verdict {
    /// Of an answer that came at `now` from `peer`.
    pub(crate) fn of_answer(
        status: StatusCode,
        retry_after: Option<&str>,
        body: &[u8],
        peer: IpAddr,
        now: Timestamp,
    ) -> Self {
        let code = status.as_u16();
        let said = match status.canonical_reason() {
            Some(reason) => format!("the receiver answered {code} {reason}"),
            None => format!("the receiver answered {code}"),
        };
        let (outcome, error) = match code {
            200..300 => (Outcome::Accepted, None),
            410 => (
                Outcome::Gone,
                Some(format!("{said}, so it gets no further messages")),
            ),
            300..400 => (
                Outcome::refused(None),
                Some(format!("{said}; redirects are not followed")),
            ),
            429 | 503 => {
                let retry_after = retry_after.and_then(|text| wait_asked(text, now));
                let overloaded = true;
                (
                    Outcome::Refused {
                        retry_after,
                        overloaded,
                    },
                    Some(said),
                )
            }
            502 | 504 => {
                let (retry_after, overloaded) = (None, true);
                (
                    Outcome::Refused {
                        retry_after,
                        overloaded,
                    },
                    Some(said),
                )
            }
            _ => (Outcome::refused(None), Some(said)),
        };
        let trouble = match code {
            200..300 => None,
            410 => Some(Trouble::Gone),
            300..400 => Some(Trouble::Redirect),
            429 | 502..=504 => Some(Trouble::Overloaded),
            _ => Some(Trouble::Status),
        };
        Self {
            outcome,
            status: Some(code),
            error,
            trouble,
            lookup: peer.to_string(),
            answer: kept(body),
        }
    }

    /// Of a try that got no answer.
    pub(crate) fn of_failure(error: &EgressError) -> Self {
        // An address that was dialled had been admitted, so it may be told. One that was refused may not.
        let lookup = match error {
            EgressError::Refused { .. } => "not allowed".to_owned(),
            EgressError::NoSuchName { .. } => "no such name".to_owned(),
            EgressError::Lookup { .. } => "the name servers did not say".to_owned(),
            EgressError::Timeout {
                phase: Phase::Resolve,
                ..
            } => "the name servers did not say in time".to_owned(),
            EgressError::Connect { address, .. } | EgressError::Tls { address, .. } => {
                address.ip().to_string()
            }
            _ => String::new(),
        };
        Self {
            trouble: Some(Trouble::named(error.trouble())),
            lookup,
            ..Self::unsent(error.owner_message())
        }
    }

    /// Of a try that did not come to be made, for a reason that may pass.
    pub(crate) fn unsent(why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::refused(None),
            status: None,
            error: Some(why.into()),
            trouble: Some(Trouble::NotSent),
            lookup: String::new(),
            answer: String::new(),
        }
    }

    /// What it tells about the receiver; nothing when the reason lies with us.
    pub(crate) fn sign(&self) -> Option<Sign> {
        match self.outcome {
            Outcome::Accepted => Some(Sign::Alive),
            Outcome::Gone => Some(Sign::Gone),
            Outcome::Refused { .. } => (self.trouble != Some(Trouble::NotSent)).then_some(Sign::Failing),
        }
    }

    /// Adds to the words for the owner what became of the endpoint by this try.
    pub(crate) fn and_disabled(&mut self) {
        let words = self.error.get_or_insert_default();
        words.push_str("; every message has failed for days, so the endpoint is disabled");
    }
}

impl Outcome {
    const fn refused(retry_after: Option<Duration>) -> Self {
        Self::Refused {
            retry_after,
            overloaded: false,
        }
    }
}

/// The wait that a `Retry-After` header asks for: seconds, or a date (RFC 9110, section 10.2.3). How much
/// of it is granted is the schedule's business.
fn wait_asked(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit ask for longer than anyone grants.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_micros(until.as_microsecond()).since(now))
}

/// The beginning of a body as text that can be stored and shown anywhere.
fn kept(body: &[u8]) -> String {
    let head = &body[..body.len().min(Delivery::ANSWER_KEPT)];
    let mut text = String::with_capacity(head.len());
    for c in String::from_utf8_lossy(head).chars() {
        let shown = match c {
            '\n' | '\t' => c,
            '\r' => continue,
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        };
        // What replaces a bad byte is longer than it.
        if text.len() + shown.len_utf8() > Delivery::ANSWER_KEPT {
            break;
        }
        text.push(shown);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Sunday, 6 November 1994, 08:49:00.
    const NOW: Timestamp = Timestamp::from_micros(784_111_740_000_000);

    fn answered(code: u16, retry_after: Option<&str>) -> Verdict {
        let peer = IpAddr::from([203, 0, 113, 7]);
        Verdict::of_answer(StatusCode::from_u16(code).unwrap(), retry_after, b"", peer, NOW)
    }

    #[test]
    fn any_2xx_is_taken_and_nothing_else() {
        for code in 100..1000 {
            let accepted = answered(code, None).outcome == Outcome::Accepted;
            assert_eq!(accepted, (200..300).contains(&code), "{code}");
        }
        assert_eq!(answered(204, None).error, None);
    }

    #[test]
    fn every_failure_has_its_sort_and_only_those_of_the_receiver_count() {
        for code in 100..1000 {
            let verdict = answered(code, None);
            assert_eq!(verdict.trouble.is_none(), verdict.error.is_none(), "{code}");
            assert_eq!(verdict.lookup, "203.0.113.7");
            let sign = match code {
                200..300 => Sign::Alive,
                410 => Sign::Gone,
                _ => Sign::Failing,
            };
            assert_eq!(verdict.sign(), Some(sign), "{code}");
        }
        let ours = Verdict::unsent("the message could not be signed");
        assert_eq!((ours.trouble, ours.sign()), (Some(Trouble::NotSent), None));
        let refused = EgressError::NoSuchName {
            host: "a.example".into(),
        };
        let verdict = Verdict::of_failure(&refused);
        assert_eq!(verdict.trouble, Some(Trouble::NameNotFound));
        assert_eq!(
            (verdict.lookup.as_str(), verdict.sign()),
            ("no such name", Some(Sign::Failing))
        );
    }

    #[test]
    fn the_owner_reads_what_was_answered() {
        let words = |code| answered(code, None).error.unwrap();
        assert_eq!(words(500), "the receiver answered 500 Internal Server Error");
        assert_eq!(
            words(302),
            "the receiver answered 302 Found; redirects are not followed"
        );
        assert_eq!(
            words(410),
            "the receiver answered 410 Gone, so it gets no further messages"
        );
        assert_eq!(words(799), "the receiver answered 799");
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_by_a_date() {
        let asked = |code, text| match answered(code, Some(text)).outcome {
            Outcome::Refused { retry_after, .. } => retry_after,
            other => panic!("{other:?}"),
        };
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(asked(429, "7"), seconds(7));
        assert_eq!(asked(503, " 120 "), seconds(120));
        assert_eq!(asked(503, "Sun, 06 Nov 1994 08:49:37 GMT"), seconds(37));
        assert_eq!(asked(503, "Sun, 06 Nov 1994 08:00:00 GMT"), seconds(0));
        assert_eq!(asked(503, "99999999999999999999999"), seconds(u64::MAX));
        for nonsense in ["", "soon", "-1", "1.5", "+3"] {
            assert_eq!(asked(503, nonsense), None, "{nonsense}");
        }
        assert_eq!(asked(500, "7"), None, "only those who say that they are busy");
    }

    #[test]
    fn only_busy_receivers_slow_their_lane() {
        let busy: Vec<u16> = (400..600)
            .filter(|code| {
                matches!(
                    answered(*code, None).outcome,
                    Outcome::Refused { overloaded: true, .. }
                )
            })
            .collect();
        assert_eq!(busy, [429, 502, 503, 504]);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_short_and_storable(body in prop::collection::vec(any::<u8>(), 0..3000)) {
            let text = kept(&body);
            prop_assert!(text.len() <= Delivery::ANSWER_KEPT);
            prop_assert!(text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')));
        }

        #[test]
        fn plain_text_is_kept_as_it_is(body in "[ -~\n]{0,1024}") {
            prop_assert_eq!(kept(body.as_bytes()), body);
        }

        #[test]
        fn no_header_makes_it_panic(text in "\\PC{0,64}") {
            wait_asked(&text, NOW);
        }
    }
}
