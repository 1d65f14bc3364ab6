//! What a tenant that pays beforehand has, and what is held for jobs that have not ended: pure rules over accounts.
//! All of an account's life is [`Account::post`]; stores only keep what it says.

use std::fmt;
use std::str::FromStr;

use marquetry_job::Timestamp;

use crate::{Job, JobSpec, ModelError, TenantId, Version};

/// An amount of whatever the operator counts in (dollars, credits), in whole millionths; never negative.
///
/// ```
/// use marquetry_model::Amount;
/// let price: Amount = "0.044".parse()?;
/// assert_eq!((price.micros(), price.to_string()), (44_000, "0.044".to_owned()));
/// # Ok::<(), marquetry_model::ModelError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most there can be: nine thousand million units.
    pub const MOST: Self = Self(9_000_000_000_000_000);

    /// So many millionths; `None` above [`Self::MOST`].
    pub const fn from_micros(micros: u64) -> Option<Self> {
        if micros <= Self::MOST.0 {
            Some(Self(micros))
        } else {
            None
        }
    }

    /// In millionths.
    pub const fn micros(self) -> u64 {
        self.0
    }

    fn plus(self, other: Self) -> Option<Self> {
        Self::from_micros(self.0.checked_add(other.0)?)
    }

    fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Amount {
    /// As a decimal number without needless zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Amount {
    type Err = ModelError;

    /// Reads a decimal number with at most six digits after the point.
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let malformed = ModelError::Malformed {
            field: "amount",
            expected: "a number such as 12.5, not negative, with at most six digits after the point",
        };
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return Err(malformed);
        }
        let whole: Option<u64> = whole.parse().ok();
        let part: Option<u64> = format!("{part:0<6}").parse().ok();
        whole
            .zip(part)
            .and_then(|(whole, part)| whole.checked_mul(1_000_000)?.checked_add(part))
            .and_then(Self::from_micros)
            .ok_or(malformed)
    }
}

/// What a job costs when it succeeds, by its kind. Nothing for a kind that has no price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// A picture of a mockup.
    pub render: Option<Amount>,
    /// A file of a template.
    pub template: Option<Amount>,
    /// A new mockup.
    pub upload: Option<Amount>,
}

impl Prices {
    /// What this costs.
    pub const fn of(&self, spec: &JobSpec) -> Option<Amount> {
        match spec {
            JobSpec::Render(_) => self.render,
            JobSpec::Template(_) => self.template,
            JobSpec::Upload(_) => self.upload,
        }
    }
}

/// What a tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub tenant: TenantId,
    /// Everything that was paid in, less everything that was charged.
    pub balance: Amount,
    /// The part of it that is held for jobs which have not ended. No more than the balance.
    pub held: Amount,
    /// Whether it may be used.
    pub standing: Standing,
    /// Counts the entries.
    pub version: Version,
    /// When the last entry was made.
    pub updated_at: Timestamp,
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It may.
    Open,
    /// Nothing new is begun, whatever it holds.
    Suspended,
}

/// What an entry does to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Posting {
    /// It was paid in.
    TopUp,
    /// It is held for a job.
    Held,
    /// The job succeeded: what was held is charged.
    Charged,
    /// The job ended otherwise: what was held is free again.
    Released,
    /// Nothing new may be begun.
    Suspended,
    /// It may be used again.
    Reopened,
}

/// One line of a ledger. Never changed, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Whose.
    pub tenant: TenantId,
    /// Its number within the account, from 1: the version of the account that it led to.
    pub number: u64,
    /// When it was made.
    pub at: Timestamp,
    /// What it does.
    pub posting: Posting,
    /// How much.
    pub amount: Amount,
    /// What it is about: the id of a job, or what whoever paid in or suspended calls it. Of each of
    /// [`Posting::is_once`] there is one for a reference.
    pub reference: String,
    /// The balance after it.
    pub balance: Amount,
    /// What was held after it.
    pub held: Amount,
}

/// Why an entry cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// There is not enough: somebody pays in.
    #[error("{wanted} wanted, {available} there")]
    Insufficient {
        /// What was to be held.
        wanted: Amount,
        /// What there was that is not held.
        available: Amount,
    },
    /// The account is suspended: whoever suspended it reopens it.
    #[error("the account is suspended")]
    Suspended,
    /// An account holds no more than [`Amount::MOST`].
    #[error("an account holds at most {}", Amount::MOST)]
    TooMuch,
    /// What is to be charged or released was not held: a mistake of the program.
    #[error("{wanted} was not held, {held} was")]
    NotHeld {
        /// What was to be charged or released.
        wanted: Amount,
        /// What is held.
        held: Amount,
    },
}

impl Posting {
    /// Every posting.
    pub const ALL: [Self; 6] = [
        Self::TopUp,
        Self::Held,
        Self::Charged,
        Self::Released,
        Self::Suspended,
        Self::Reopened,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Held => "held",
            Self::Charged => "charged",
            Self::Released => "released",
            Self::Suspended => "suspended",
            Self::Reopened => "reopened",
        }
    }

    /// Whether an account has at most one such entry for a reference.
    pub const fn is_once(self) -> bool {
        !matches!(self, Self::Suspended | Self::Reopened)
    }
}

impl Account {
    /// An account before its first entry.
    pub const fn empty(tenant: TenantId) -> Self {
        Self {
            tenant,
            balance: Amount::ZERO,
            held: Amount::ZERO,
            standing: Standing::Open,
            version: Version(0),
            updated_at: Timestamp::from_micros(0),
        }
    }

    /// What may still be held.
    pub fn available(&self) -> Amount {
        self.balance.minus(self.held).unwrap_or_default()
    }

    /// The account after an entry, and the entry.
    ///
    /// # Errors
    /// [`Denied`]; nothing has changed then.
    pub fn post(
        self,
        posting: Posting,
        amount: Amount,
        reference: impl Into<String>,
        at: Timestamp,
    ) -> Result<(Self, LedgerEntry), Denied> {
        let mut next = self;
        let not_held = Denied::NotHeld {
            wanted: amount,
            held: self.held,
        };
        match posting {
            Posting::TopUp => next.balance = self.balance.plus(amount).ok_or(Denied::TooMuch)?,
            Posting::Held if self.standing == Standing::Suspended => return Err(Denied::Suspended),
            Posting::Held => {
                let short = Denied::Insufficient {
                    wanted: amount,
                    available: self.available(),
                };
                let held = self.held.plus(amount).filter(|held| *held <= self.balance);
                next.held = held.ok_or(short)?;
            }
            Posting::Charged => {
                next.held = self.held.minus(amount).ok_or(not_held)?;
                next.balance = self.balance.minus(amount).ok_or(not_held)?;
            }
            Posting::Released => next.held = self.held.minus(amount).ok_or(not_held)?,
            Posting::Suspended => next.standing = Standing::Suspended,
            Posting::Reopened => next.standing = Standing::Open,
        }
        next.version = self.version.next();
        next.updated_at = at.max(self.updated_at);
        let entry = LedgerEntry {
            tenant: self.tenant,
            number: next.version.0,
            at: next.updated_at,
            posting,
            amount,
            reference: reference.into(),
            balance: next.balance,
            held: next.held,
        };
        Ok((next, entry))
    }

    /// The account after what `jobs` cost is held, and the entries; those that cost nothing have none.
    ///
    /// # Errors
    /// [`Denied`] when it does not suffice for all of them.
    pub fn hold_for(self, jobs: &[Job]) -> Result<(Self, Vec<LedgerEntry>), Denied> {
        let mut account = self;
        let mut entries = Vec::new();
        let wanted = jobs
            .iter()
            .filter_map(|job| job.charge)
            .try_fold(Amount::ZERO, Amount::plus);
        for (job, charge) in jobs.iter().filter_map(|job| Some((job, job.charge?))) {
            let posted = account.post(Posting::Held, charge, job.id.to_string(), job.created_at);
            // Of several jobs, what all of them cost is told.
            let (next, entry) = posted.map_err(|denied| match (denied, wanted) {
                (Denied::Insufficient { .. }, wanted) => Denied::Insufficient {
                    wanted: wanted.unwrap_or(Amount::MOST),
                    available: self.available(),
                },
                (denied, _) => denied,
            })?;
            account = next;
            entries.push(entry);
        }
        Ok((account, entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn after(account: Account, posting: Posting, sum: &str) -> Result<Account, Denied> {
        let posted = account.post(posting, amount(sum), "x", Timestamp::from_micros(7));
        posted.map(|(account, _)| account)
    }

    #[test]
    fn amounts_read_what_they_write() {
        for (text, micros) in [
            ("0", 0),
            ("12.5", 12_500_000),
            ("0.000001", 1),
            ("9000000000", Amount::MOST.0),
        ] {
            assert_eq!(amount(text).micros(), micros);
            assert_eq!(amount(text).to_string(), text);
        }
        for wrong in [
            "",
            "-1",
            "1.",
            ".5",
            "0.0000001",
            "1e3",
            "9000000000.1",
            "99999999999999999999",
            "1,5",
        ] {
            assert!(wrong.parse::<Amount>().is_err(), "{wrong}");
        }
    }

    /// An account of 1, of which 0.6 is held.
    fn holding() -> Account {
        let empty = Account::empty(TenantId::from_random([1; 16]));
        let account = after(empty, Posting::TopUp, "1").unwrap();
        after(account, Posting::Held, "0.6").unwrap()
    }

    #[test]
    fn what_is_held_is_charged_or_released() {
        let held = holding();
        assert_eq!(held.available(), amount("0.4"));
        let short = Denied::Insufficient {
            wanted: amount("0.5"),
            available: amount("0.4"),
        };
        assert_eq!(after(held, Posting::Held, "0.5"), Err(short));
        let charged = after(held, Posting::Charged, "0.6").unwrap();
        assert_eq!((charged.balance, charged.held), (amount("0.4"), Amount::ZERO));
        let released = after(held, Posting::Released, "0.6").unwrap();
        assert_eq!((released.balance, released.held), (amount("1"), Amount::ZERO));
        for posting in [Posting::Charged, Posting::Released] {
            assert!(matches!(
                after(charged, posting, "0.1"),
                Err(Denied::NotHeld { .. })
            ));
        }
        assert_eq!(after(charged, Posting::TopUp, "9000000000"), Err(Denied::TooMuch));
        assert_eq!(charged.version, Version(3));
    }

    #[test]
    fn a_suspended_account_begins_nothing_and_settles_what_was_begun() {
        let held = holding();
        let suspended = after(held, Posting::Suspended, "0").unwrap();
        assert_eq!(after(suspended, Posting::Held, "0"), Err(Denied::Suspended));
        assert!(after(suspended, Posting::Charged, "0.6").is_ok());
        let reopened = after(suspended, Posting::Reopened, "0").unwrap();
        assert!(after(reopened, Posting::Held, "0.4").is_ok());
    }
}
