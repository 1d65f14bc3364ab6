//! The keys that make a submission safe to repeat.

use marquetry_store::persisted::JobRow;
use marquetry_store::{Fingerprint, IdempotencyClaim, Inserted, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use super::jobs::{COLUMNS, one};
use crate::error::{Doing, Work};

/// What a key that is still kept says about a new submission.
pub(super) fn remembered(
    connection: &Connection,
    job: &JobRow,
    claim: &IdempotencyClaim,
) -> Work<Option<Inserted>> {
    let sql = "SELECT job, fingerprint FROM idempotency_claims
               WHERE tenant = ?1 AND key = ?2 AND kept_until > ?3";
    let known: Option<([u8; 16], [u8; 32])> = connection
        .prepare_cached(sql)
        .of("idempotency key")?
        .query_row(params![job.tenant, claim.key, job.created_at], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .of("idempotency key")?;
    let Some((id, fingerprint)) = known else {
        return Ok(None);
    };
    if Fingerprint(fingerprint) != claim.fingerprint {
        return Ok(Some(Inserted::Conflict));
    }
    let sql = format!("SELECT {COLUMNS} FROM whole_jobs WHERE id = ?1");
    let twin = one(connection, &sql, [id])?.ok_or_else(|| StoreError::Unreadable {
        what: "idempotency key",
        problem: "its job is missing".into(),
    })?;
    Ok(Some(Inserted::Twin(Box::new(twin.job()?))))
}

pub(super) fn remember(connection: &Connection, job: &JobRow, claim: &IdempotencyClaim) -> Work<()> {
    // Whatever stands there is over, or we would not have come here.
    let sql = "INSERT OR REPLACE INTO idempotency_claims (tenant, key, job, fingerprint, kept_until)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    connection
        .prepare_cached(sql)
        .of("idempotency key")?
        .execute(params![
            job.tenant,
            claim.key,
            job.id,
            claim.fingerprint.0,
            claim.until.as_micros()
        ])
        .of("idempotency key")?;
    Ok(())
}
