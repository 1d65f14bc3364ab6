//! Accounts and their entries.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Account, Amount, Job, LedgerEntry, Posting, TenantId};
use marquetry_store::persisted::{AccountRow, LedgerRow};
use marquetry_store::{LedgerStore, Posted, PostingOrder, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};

const ACCOUNT: &str = "account";
const ENTRY: &str = "ledger entry";

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn account(&self, tenant: TenantId) -> Result<Option<Account>, StoreError> {
        self.read(move |connection| find(connection, tenant)).await
    }

    async fn post(&self, order: &PostingOrder) -> Result<Posted, StoreError> {
        let order = order.clone();
        self.write(move |connection, _| {
            let account = account(connection, order.tenant)?;
            if order.posting.is_once() {
                let sql = "SELECT 1 FROM ledger_entries WHERE tenant = ?1 AND reference = ?2 AND posting = ?3
                           AND posting IN ('top_up', 'held', 'charged', 'released')";
                let known = connection
                    .prepare_cached(sql)
                    .of(ENTRY)?
                    .exists(params![
                        order.tenant.as_bytes(),
                        order.reference,
                        order.posting.name()
                    ])
                    .of(ENTRY)?;
                if known {
                    return Ok(Posted::Known(account));
                }
            }
            match account.post(order.posting, order.amount, order.reference.clone(), order.at) {
                Ok((account, entry)) => {
                    write(connection, &account, &[entry])?;
                    Ok(Posted::Made(account))
                }
                Err(denied) => Ok(Posted::Denied(denied)),
            }
        })
        .await
    }

    async fn list_entries(
        &self,
        tenant: TenantId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        self.read(move |connection| {
            let sql =
                "SELECT tenant, number, at, posting, amount, reference, balance, held FROM ledger_entries
                       WHERE tenant = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
            let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
            let mut statement = connection.prepare_cached(sql).of(ENTRY)?;
            let rows = statement
                .query_map(params![tenant.as_bytes(), before, limit], read_entry)
                .of(ENTRY)?;
            rows.map(|row| row.of(ENTRY)?.entry()).collect()
        })
        .await
    }
}

/// What a tenant has, which may be nothing yet.
pub(super) fn account(connection: &Connection, tenant: TenantId) -> Work<Account> {
    Ok(find(connection, tenant)?.unwrap_or(Account::empty(tenant)))
}

/// Writes an account with its new entries.
pub(super) fn write(connection: &Connection, account: &Account, entries: &[LedgerEntry]) -> Work<()> {
    let row = AccountRow::of(account);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO accounts (tenant, balance, held, suspended, version, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .of(ACCOUNT)?
        .execute(params![
            row.tenant,
            row.balance,
            row.held,
            row.suspended,
            row.version,
            row.updated_at
        ])
        .of(ACCOUNT)?;
    let sql = "INSERT INTO ledger_entries (tenant, number, at, posting, amount, reference, balance, held)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mut statement = connection.prepare_cached(sql).of(ENTRY)?;
    for row in entries.iter().map(LedgerRow::of) {
        statement
            .execute(params![
                row.tenant,
                row.number,
                row.at,
                row.posting,
                row.amount,
                row.reference,
                row.balance,
                row.held
            ])
            .of(ENTRY)?;
    }
    Ok(())
}

/// What becomes of what was held for a job.
#[derive(Clone, Debug)]
pub(super) struct Settlement {
    tenant: TenantId,
    posting: Posting,
    charge: Amount,
    job: String,
    at: Timestamp,
}

impl Settlement {
    /// Of `job`, which has ended.
    pub(super) fn of(job: &Job, posting: Posting) -> Self {
        Self {
            tenant: job.tenant,
            posting,
            charge: job.charge.unwrap_or_default(),
            job: job.id.to_string(),
            at: job.updated_at,
        }
    }
}

/// Charges or releases what was held for a job.
pub(super) fn settle(connection: &Connection, settlement: &Settlement) -> Work<()> {
    let account = account(connection, settlement.tenant)?;
    let posted = account.post(
        settlement.posting,
        settlement.charge,
        &settlement.job,
        settlement.at,
    );
    let (account, entry) = posted.map_err(|denied| StoreError::Unreadable {
        what: ACCOUNT,
        problem: denied.to_string(),
    })?;
    write(connection, &account, &[entry])
}

fn find(connection: &Connection, tenant: TenantId) -> Work<Option<Account>> {
    let row = connection
        .prepare_cached(
            "SELECT tenant, balance, held, suspended, version, updated_at FROM accounts WHERE tenant = ?1",
        )
        .of(ACCOUNT)?
        .query_row([tenant.as_bytes()], read_account)
        .optional()
        .of(ACCOUNT)?;
    row.map(|row| row.account()).transpose()
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        tenant: row.get(0)?,
        balance: row.get(1)?,
        held: row.get(2)?,
        suspended: row.get(3)?,
        version: row.get(4)?,
        updated_at: row.get(5)?,
    })
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    Ok(LedgerRow {
        tenant: row.get(0)?,
        number: row.get(1)?,
        at: row.get(2)?,
        posting: row.get(3)?,
        amount: row.get(4)?,
        reference: row.get(5)?,
        balance: row.get(6)?,
        held: row.get(7)?,
    })
}
