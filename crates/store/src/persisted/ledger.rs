//! The rows of accounts and of their entries. They have no JSON: each number is a column of its own, so that anybody
//! can add them up.

use marquetry_model::{Account, Amount, LedgerEntry, Posting, Standing, TenantId};

use super::{Problem, moment, version, version_column};
use crate::StoreError;

/// An account as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Whose it is.
    pub tenant: [u8; 16],
    /// The balance, in millionths.
    pub balance: i64,
    /// What is held, in millionths.
    pub held: i64,
    /// Whether nothing new may be begun.
    pub suspended: bool,
    /// How many entries it has.
    pub version: i64,
    /// When the last entry was made, in microseconds.
    pub updated_at: i64,
}

/// An entry as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// Whose it is.
    pub tenant: [u8; 16],
    /// Its number within the account.
    pub number: i64,
    /// When it was made, in microseconds.
    pub at: i64,
    /// What it does.
    pub posting: String,
    /// How much, in millionths.
    pub amount: i64,
    /// What it is about.
    pub reference: String,
    /// The balance after it, in millionths.
    pub balance: i64,
    /// What was held after it, in millionths.
    pub held: i64,
}

/// An amount as databases count.
fn amount_column(amount: Amount) -> i64 {
    i64::try_from(amount.micros()).unwrap_or(i64::MAX)
}

fn amount(column: i64) -> Result<Amount, Problem> {
    let amount = u64::try_from(column).ok().and_then(Amount::from_micros);
    amount.ok_or_else(|| Problem(format!("an amount of {column}")))
}

impl AccountRow {
    /// The row of an account.
    pub fn of(account: &Account) -> Self {
        Self {
            tenant: *account.tenant.as_bytes(),
            balance: amount_column(account.balance),
            held: amount_column(account.held),
            suspended: account.standing == Standing::Suspended,
            version: version_column(account.version),
            updated_at: account.updated_at.as_micros(),
        }
    }

    /// The account of the row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when it is damaged.
    pub fn account(&self) -> Result<Account, StoreError> {
        let read = || {
            Ok::<_, Problem>(Account {
                tenant: TenantId::from_bytes(self.tenant),
                balance: amount(self.balance)?,
                held: amount(self.held)?,
                standing: if self.suspended {
                    Standing::Suspended
                } else {
                    Standing::Open
                },
                version: version(self.version)?,
                updated_at: moment(self.updated_at),
            })
        };
        read().map_err(|problem| problem.of(&TenantId::from_bytes(self.tenant)).in_a("account"))
    }
}

impl LedgerRow {
    /// The row of an entry.
    pub fn of(entry: &LedgerEntry) -> Self {
        Self {
            tenant: *entry.tenant.as_bytes(),
            number: i64::try_from(entry.number).unwrap_or(i64::MAX),
            at: entry.at.as_micros(),
            posting: entry.posting.name().to_owned(),
            amount: amount_column(entry.amount),
            reference: entry.reference.clone(),
            balance: amount_column(entry.balance),
            held: amount_column(entry.held),
        }
    }

    /// The entry of the row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when it is damaged.
    pub fn entry(self) -> Result<LedgerEntry, StoreError> {
        let number = self.number;
        self.read()
            .map_err(|problem| problem.of(&number).in_a("ledger entry"))
    }

    fn read(self) -> Result<LedgerEntry, Problem> {
        let posting = Posting::ALL
            .into_iter()
            .find(|posting| posting.name() == self.posting)
            .ok_or_else(|| Problem(format!("a posting {:?}", self.posting)))?;
        Ok(LedgerEntry {
            tenant: TenantId::from_bytes(self.tenant),
            number: u64::try_from(self.number)?,
            at: moment(self.at),
            posting,
            amount: amount(self.amount)?,
            reference: self.reference,
            balance: amount(self.balance)?,
            held: amount(self.held)?,
        })
    }
}
