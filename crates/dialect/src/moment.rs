//! Moments as text: ISO 8601 in UTC out, and what clients really send in.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use marquetry_job::Timestamp;

/// `2026-06-01T12:30:00.250Z`: UTC, always three decimals, rounded down.
///
/// Moments outside the years 1 to 9999 are shown as the nearest moment inside them.
///
/// ```
/// use marquetry_dialect::iso8601;
/// use marquetry_job::Timestamp;
/// assert_eq!(iso8601(Timestamp::from_micros(250_999)), "1970-01-01T00:00:00.250Z");
/// ```
pub fn iso8601(at: Timestamp) -> String {
    // 0001-01-01T00:00:00Z and 9999-12-30T00:00:00Z, in microseconds.
    const EARLIEST: i64 = -62_135_596_800_000_000;
    const LATEST: i64 = 253_402_128_000_000_000;
    let micros = at.as_micros().clamp(EARLIEST, LATEST);
    match jiff::Timestamp::from_microsecond(micros.div_euclid(1000) * 1000) {
        Ok(moment) => moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        // Cannot happen inside the clamp; an epoch is still a better answer than a panic.
        Err(_) => "1970-01-01T00:00:00.000Z".to_owned(),
    }
}

/// Which end of a day a bare date stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndOfDay {
    /// Its first moment.
    First,
    /// Its last microsecond.
    Last,
}

/// Reads ISO 8601: with `Z` or an offset, without either (then UTC), or a date alone.
///
/// A `+` that a client forgot to escape arrives as a space, so a space before an offset is read as one.
pub(crate) fn parse_iso8601(text: &str, end: EndOfDay) -> Option<Timestamp> {
    let text = text.trim();
    let mended = match text.rsplit_once(' ') {
        Some((moment, offset)) if moment.contains('T') => format!("{moment}+{offset}"),
        _ => text.to_owned(),
    };
    if let Ok(moment) = mended.parse::<jiff::Timestamp>() {
        return Some(Timestamp::from_micros(moment.as_microsecond()));
    }
    let in_utc = |moment: DateTime| {
        let zoned = moment.to_zoned(TimeZone::UTC).ok()?;
        Some(Timestamp::from_micros(zoned.timestamp().as_microsecond()))
    };
    // A date is tried first: read as a date and time it would silently mean midnight.
    if !mended.contains([':', 'T', 't']) {
        let day: Date = mended.parse().ok()?;
        return match end {
            EndOfDay::First => in_utc(day.at(0, 0, 0, 0)),
            EndOfDay::Last => in_utc(day.at(23, 59, 59, 999_999_000)),
        };
    }
    in_utc(mended.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        parse_iso8601(text, EndOfDay::First).map(iso8601)
    }

    #[test]
    fn what_clients_send_is_understood() {
        let same = Some("2026-06-01T10:30:00.000Z".to_owned());
        for text in [
            "2026-06-01T10:30:00Z",
            "2026-06-01T12:30:00+02:00",
            "2026-06-01T12:30:00 02:00",
            "2026-06-01T10:30:00",
            "2026-06-01 10:30:00",
            "2026-06-01T10:30:00.000000Z",
        ] {
            assert_eq!(read(text), same, "{text}");
        }
        assert_eq!(read("2026-06-01"), Some("2026-06-01T00:00:00.000Z".to_owned()));
        assert_eq!(
            parse_iso8601("2026-06-01", EndOfDay::Last).map(Timestamp::as_micros),
            parse_iso8601("2026-06-02", EndOfDay::First).map(|at| at.as_micros() - 1)
        );
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "1717234200",
            "2026-06-01T25:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_has_a_text_that_reads_back(micros in any::<i64>()) {
            let text = iso8601(Timestamp::from_micros(micros));
            prop_assert!(text.ends_with('Z') && text.len() == 24, "{}", text);
            let back = parse_iso8601(&text, EndOfDay::First).map(iso8601);
            prop_assert_eq!(back, Some(text));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = parse_iso8601(&text, EndOfDay::Last);
        }
    }
}
