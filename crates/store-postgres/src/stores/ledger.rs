//! Accounts and their entries. Who changes an account holds its row until the end of the transaction.

use async_trait::async_trait;
use marquetry_model::{Account, Job, LedgerEntry, Posting, TenantId};
use marquetry_store::persisted::{AccountRow, LedgerRow};
use marquetry_store::{LedgerStore, Posted, PostingOrder, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::columns::Columns;
use super::{limit, text, uuid};
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get};
use crate::transaction::Transaction;

const ACCOUNT: &str = "account";
const ENTRY: &str = "ledger entry";
const COLUMNS: &str = "tenant, balance, held, suspended, version, updated_at";

#[async_trait]
impl LedgerStore for PostgresStore {
    async fn account(&self, tenant: TenantId) -> Result<Option<Account>, StoreError> {
        let tenant = uuid(tenant.as_bytes());
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE tenant = $1");
        let rows = self
            .shared
            .pool
            .read(&sql, &[(&tenant, Type::UUID)], ACCOUNT)
            .await?;
        rows.first().map(read_account).transpose()
    }

    async fn post(&self, order: &PostingOrder) -> Result<Posted, StoreError> {
        let transaction = Transaction::begin(&self.shared.pool).await?;
        let account = locked(&transaction, order.tenant).await?;
        if order.posting.is_once() {
            let (tenant, reference) = (uuid(order.tenant.as_bytes()), text(&order.reference));
            let posting = order.posting.name();
            let sql = "SELECT true FROM ledger_entries WHERE tenant = $1 AND reference = $2 AND posting = $3
                       AND posting IN ('top_up', 'held', 'charged', 'released')";
            let values: [Value<'_>; 3] = [
                (&tenant, Type::UUID),
                (&reference, Type::TEXT),
                (&posting, Type::TEXT),
            ];
            if !transaction.run(sql, &values, ENTRY).await?.is_empty() {
                transaction.undo().await?;
                return Ok(Posted::Known(account));
            }
        }
        match account.post(order.posting, order.amount, order.reference.as_str(), order.at) {
            Ok((account, entry)) => {
                write(&transaction, &account, &[entry]).await?;
                transaction.commit().await?;
                Ok(Posted::Made(account))
            }
            Err(denied) => {
                transaction.undo().await?;
                Ok(Posted::Denied(denied))
            }
        }
    }

    async fn list_entries(
        &self,
        tenant: TenantId,
        before: Option<u64>,
        most: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let (tenant, most) = (uuid(tenant.as_bytes()), limit(most));
        let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let sql = "SELECT tenant, number, at, posting, amount, reference, balance, held FROM ledger_entries
                   WHERE tenant = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
        let values: [Value<'_>; 3] = [(&tenant, Type::UUID), (&before, Type::INT8), (&most, Type::INT8)];
        let rows = self.shared.pool.read(sql, &values, ENTRY).await?;
        rows.iter().map(read_entry).collect()
    }
}

/// What a tenant has, which may be nothing yet; nobody else changes it before the transaction ends.
pub(super) async fn locked(transaction: &Transaction<'_>, tenant: TenantId) -> Work<Account> {
    let id = uuid(tenant.as_bytes());
    let lock = format!("SELECT {COLUMNS} FROM accounts WHERE tenant = $1 FOR UPDATE");
    let values: [Value<'_>; 1] = [(&id, Type::UUID)];
    let mut rows = transaction.run(&lock, &values, ACCOUNT).await?;
    if rows.is_empty() {
        // Whoever comes second waits here for the first, and then finds the row.
        let first = "INSERT INTO accounts (tenant, balance, held, suspended, version, updated_at)
                     VALUES ($1, 0, 0, false, 0, 0) ON CONFLICT DO NOTHING";
        transaction.run(first, &values, ACCOUNT).await?;
        rows = transaction.run(&lock, &values, ACCOUNT).await?;
    }
    rows.first().map_or(Ok(Account::empty(tenant)), read_account)
}

/// Writes an account that is locked, with its new entries.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    account: &Account,
    entries: &[LedgerEntry],
) -> Work<()> {
    let rows: Vec<LedgerRow> = entries.iter().map(LedgerRow::of).collect();
    let row = AccountRow::of(account);
    let tenant = uuid(&row.tenant);
    let columns = Columns::default()
        .numbers(rows.iter().map(|row| Some(row.number)))
        .numbers(rows.iter().map(|row| Some(row.at)))
        .texts(rows.iter().map(|row| Some(row.posting.as_str())))
        .numbers(rows.iter().map(|row| Some(row.amount)))
        .texts(rows.iter().map(|row| Some(row.reference.as_str())))
        .numbers(rows.iter().map(|row| Some(row.balance)))
        .numbers(rows.iter().map(|row| Some(row.held)));
    let mut values: Vec<Value<'_>> = vec![
        (&tenant, Type::UUID),
        (&row.balance, Type::INT8),
        (&row.held, Type::INT8),
        (&row.suspended, Type::BOOL),
        (&row.version, Type::INT8),
        (&row.updated_at, Type::INT8),
    ];
    values.extend(columns.values());
    let sql = "WITH account AS (
                   UPDATE accounts SET balance = $2, held = $3, suspended = $4, version = $5, updated_at = $6
                   WHERE tenant = $1
               )
               INSERT INTO ledger_entries (tenant, number, at, posting, amount, reference, balance, held)
               SELECT $1, e.* FROM unnest($7::bigint[], $8::bigint[], $9::text[], $10::bigint[], $11::text[],
                                          $12::bigint[], $13::bigint[]) AS e";
    transaction.run(sql, &values, ENTRY).await?;
    Ok(())
}

/// Charges or releases what was held for a job.
pub(super) async fn settle(transaction: &Transaction<'_>, job: &Job, posting: Posting) -> Work<()> {
    let charge = job.charge.unwrap_or_default();
    let account = locked(transaction, job.tenant).await?;
    let posted = account.post(posting, charge, job.id.to_string(), job.updated_at);
    let (account, entry) = posted.map_err(|denied| StoreError::Unreadable {
        what: ACCOUNT,
        problem: denied.to_string(),
    })?;
    write(transaction, &account, &[entry]).await
}

fn read_account(row: &Row) -> Work<Account> {
    let row = AccountRow {
        tenant: get::<Uuid>(row, 0, ACCOUNT)?.into_bytes(),
        balance: get(row, 1, ACCOUNT)?,
        held: get(row, 2, ACCOUNT)?,
        suspended: get(row, 3, ACCOUNT)?,
        version: get(row, 4, ACCOUNT)?,
        updated_at: get(row, 5, ACCOUNT)?,
    };
    row.account()
}

fn read_entry(row: &Row) -> Work<LedgerEntry> {
    let row = LedgerRow {
        tenant: get::<Uuid>(row, 0, ENTRY)?.into_bytes(),
        number: get(row, 1, ENTRY)?,
        at: get(row, 2, ENTRY)?,
        posting: get(row, 3, ENTRY)?,
        amount: get(row, 4, ENTRY)?,
        reference: get(row, 5, ENTRY)?,
        balance: get(row, 6, ENTRY)?,
        held: get(row, 7, ENTRY)?,
    };
    row.entry()
}
