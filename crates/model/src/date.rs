//! The day that a moment falls on, in UTC, by the calendar that is in use everywhere.

use std::fmt;

use marquetry_job::Timestamp;

/// A day. Shown as `2026-11-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year; 0 is the one before the year 1.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: i64,
    /// The day of the month, 1 to 31.
    pub day: i64,
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

impl Date {
    /// The day that `at` falls on.
    pub const fn of(at: Timestamp) -> Self {
        // Years that begin in March have their odd day at the end; 719,468 days lie between the first of March of the
        // year 0 and the epoch, and 146,097 days are 400 years.
        let days = at.as_micros().div_euclid(DAY) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months of such a year begin on day (153 m + 2) / 5.
        let march_based = (5 * of_year + 2) / 153;
        let month = if march_based < 10 {
            march_based + 3
        } else {
            march_based - 9
        };
        Self {
            year: era * 400 + year_of_era + if month <= 2 { 1 } else { 0 },
            month,
            day: of_year - (153 * march_based + 2) / 5 + 1,
        }
    }

    /// The first moment of the month that `at` is in.
    pub const fn month_of(at: Timestamp) -> Timestamp {
        let days = at.as_micros().div_euclid(DAY);
        Timestamp::from_micros((days - (Self::of(at).day - 1)).saturating_mul(DAY))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn day(days: i64) -> Timestamp {
        Timestamp::from_micros(days * DAY)
    }

    #[test]
    fn days_have_their_names() {
        for (at, named, first) in [
            (day(0), "1970-01-01", 0),
            (Timestamp::from_micros(-1), "1969-12-31", -31),
            (day(11_016), "2000-02-29", 10_988),
            (day(11_017), "2000-03-01", 11_017),
            (day(19_782), "2024-02-29", 19_754),
            (day(20_779), "2026-11-22", 20_758),
            (day(20_780) - Duration::from_micros(1), "2026-11-22", 20_758),
            (day(-719_468), "0000-03-01", -719_468),
        ] {
            assert_eq!(Date::of(at).to_string(), named);
            assert_eq!(Date::month_of(at), day(first), "{named}");
        }
    }

    #[test]
    fn every_month_of_four_centuries_has_a_length_that_months_have() {
        let mut began = Date::month_of(day(0));
        for count in 0..4800 {
            assert_eq!(Date::of(began).month, count % 12 + 1);
            let next = Date::month_of(began + Duration::from_hours(24 * 31));
            let days = next.since(began).as_secs() / 86_400;
            assert!((28..=31).contains(&days), "{days}");
            began = next;
        }
        // 400 years are a whole number of days.
        assert_eq!(began.as_seconds(), 146_097 * 86_400);
    }
}
