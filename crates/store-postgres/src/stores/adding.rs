//! New jobs, and the keys that make their submission safe to repeat, many in one statement.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use marquetry_store::persisted::JobRow;
use marquetry_store::{Change, IdempotencyClaim, Inserted, StoreError};
use tokio_postgres::Row;
use uuid::Uuid;

use super::columns::Columns;
use super::jobs::read_row;
use super::{served, uuid};
use crate::error::{Undone, Work};
use crate::pool::get;
use crate::scribe::Batch;
use crate::store::Shared;

/// A job to be added.
#[derive(Debug)]
pub(crate) struct NewJob {
    pub(crate) row: JobRow,
    pub(crate) claim: Option<IdempotencyClaim>,
    pub(crate) news: Change,
}

/// Adds jobs.
#[derive(Debug)]
pub(crate) struct Adding(pub(crate) Shared);

/// What both texts begin with: the wishes as rows, those whose id is taken left out.
const WISH: &str = "
    WITH wish AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::boolean[],
                             $7::boolean[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[],
                             $12::text[], $13::boolean[], $14::text[], $15::bytea[], $16::bigint[]) WITH ORDINALITY
            AS w (id, tenant, kind, subject, due, running, started, priority, created_at, version, spec,
                  record, suspect, key, fingerprint, kept_until, place)
        WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.id = w.id)
    )";
/// Jobs without keys.
const WITHOUT_KEYS: &str = ", fresh AS MATERIALIZED (SELECT * FROM wish)";
/// Jobs of which some have keys. A key that is still kept wins over the new job. Two statements that
/// meet wait for each other at the key, in one order of keys, so that no two wait in a ring.
const WITH_KEYS: &str = ", kept AS (
        INSERT INTO idempotency_claims AS known (tenant, key, job, fingerprint, taken_at, kept_until)
        SELECT tenant, key, id, fingerprint, created_at, kept_until FROM wish
        WHERE key IS NOT NULL ORDER BY tenant, key
        ON CONFLICT (tenant, key) DO UPDATE
            SET job = excluded.job, fingerprint = excluded.fingerprint, taken_at = excluded.taken_at,
                kept_until = excluded.kept_until
            WHERE known.kept_until <= excluded.taken_at
        RETURNING job
    ), fresh AS MATERIALIZED (
        SELECT * FROM wish WHERE key IS NULL OR EXISTS (SELECT FROM kept WHERE kept.job = wish.id)
    )";
/// Each job is given its turn: the first of its tenant and priority here by what is there (one step into the end of an
/// index), the others one by one after it.
const TURNS: &str = ", first AS MATERIALIZED (
        SELECT tenant, priority, greatest(
            coalesce((SELECT turn FROM jobs
                      WHERE jobs.tenant = f.tenant AND jobs.priority = f.priority AND NOT withdrawn
                      ORDER BY turn DESC LIMIT 1) + 1, 0), ";
/// What was served is between the two.
const ADD: &str = ") AS next
        FROM (SELECT DISTINCT tenant, priority FROM fresh) AS f
    ), placed AS MATERIALIZED (
        SELECT fresh.*, next - 1 + row_number() OVER (PARTITION BY tenant, priority ORDER BY place) AS turn
        FROM fresh JOIN first USING (tenant, priority)
    ), added AS (
        INSERT INTO jobs (id, tenant, kind, subject, priority, turn, created_at, withdrawn, spec)
        SELECT id, tenant, kind, subject, priority, turn, created_at, due IS NULL AND NOT started, spec FROM placed
        RETURNING id
    ), standing AS (
        INSERT INTO line (id, tenant, priority, turn, created_at, due, running, started, suspect, version, record)
        SELECT id, tenant, priority, turn, created_at, due, running, started, suspect, version, record
        FROM placed WHERE due IS NOT NULL
    )";
/// Jobs that come in when they have ended, as copies from elsewhere do.
const ENDED: &str = ", ended AS (
        INSERT INTO ends (id, version, record) SELECT id, version, record FROM placed WHERE due IS NULL
    )";

/// What the keys of those that were not added say. The job comes last, so that its columns keep the
/// places they have elsewhere.
const KNOWN: &str = "
    SELECT j.id, j.tenant, j.kind, j.subject, j.due, j.running, j.started, j.priority, j.created_at,
           j.version, j.spec, j.record, j.suspect, w.place, c.fingerprint
    FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[]) AS w (place, tenant, key, at)
    JOIN idempotency_claims c ON c.tenant = w.tenant AND c.key = w.key AND c.kept_until > w.at
    LEFT JOIN whole_jobs j ON j.id = c.job";

#[async_trait]
impl Batch for Adding {
    type Wish = NewJob;
    type Answer = Inserted;

    fn mark(wish: &NewJob) -> [u8; 16] {
        wish.row.id
    }

    async fn write(&self, wishes: &[NewJob]) -> Result<Vec<Work<Inserted>>, Undone> {
        // Of those that share a key in one page the first is written; the others are its twins or its
        // conflicts, and hear so below.
        let (mut keys, mut first) = (HashSet::new(), Vec::new());
        for wish in wishes {
            let key = wish
                .claim
                .as_ref()
                .map(|claim| (wish.row.tenant, claim.key.as_str()));
            if key.is_none_or(|key| keys.insert(key)) {
                first.push(wish);
            }
        }
        let added = self.add(&first).await?;
        let news = first.iter().filter(|wish| added.contains(&uuid(&wish.row.id)));
        self.0.ring(news.map(|wish| wish.news));

        let late: Vec<(usize, &NewJob)> = wishes
            .iter()
            .enumerate()
            .filter(|(_, wish)| !added.contains(&uuid(&wish.row.id)))
            .collect();
        let mut known = self.known(&late).await;
        let answers = wishes.iter().enumerate().map(|(place, wish)| {
            if added.contains(&uuid(&wish.row.id)) {
                return Ok(Inserted::New);
            }
            match &mut known {
                // Some were added, and what the others' keys say could not be read.
                Err(undone) => Err(undone.error()),
                Ok(known) => known
                    .remove(&place)
                    .unwrap_or(Err(StoreError::Duplicate { what: "job" })),
            }
        });
        Ok(answers.collect())
    }
}

impl Adding {
    /// Adds what can be added; gives the ids.
    async fn add(&self, wishes: &[&NewJob]) -> Result<HashSet<Uuid>, Undone> {
        let (sql, columns) = statement(wishes);
        let rows = self.0.pool.write(&sql, &columns.values(), "job").await?;
        rows.iter()
            .map(|row| row.try_get(0).map_err(|error| Undone::of(&error, "job")))
            .collect()
    }

    /// What the keys of jobs that were not added say, by the jobs' places.
    async fn known(&self, late: &[(usize, &NewJob)]) -> Result<HashMap<usize, Work<Inserted>>, Undone> {
        let claims: Vec<(usize, &JobRow, &IdempotencyClaim)> = late
            .iter()
            .filter_map(|(place, wish)| Some((*place, &wish.row, wish.claim.as_ref()?)))
            .collect();
        if claims.is_empty() {
            return Ok(HashMap::new());
        }
        let columns = Columns::default()
            .numbers(claims.iter().map(|(place, ..)| i64::try_from(*place).ok()))
            .uuids(claims.iter().map(|(_, row, _)| Some(row.tenant)))
            .texts(claims.iter().map(|(_, _, claim)| Some(claim.key.as_str())))
            .numbers(claims.iter().map(|(_, row, _)| Some(row.created_at)));
        let rows = self
            .0
            .pool
            .write(KNOWN, &columns.values(), "idempotency key")
            .await?;
        let mut known = HashMap::new();
        for row in rows {
            let place: i64 = row
                .try_get(13)
                .map_err(|error| Undone::of(&error, "idempotency key"))?;
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            let Some((_, _, claim)) = claims.iter().find(|(at, ..)| *at == place) else {
                continue;
            };
            known.insert(place, said(&row, claim));
        }
        Ok(known)
    }
}

/// The statement that adds `wishes`. It gives a row for each that was added.
pub(super) fn statement(wishes: &[&NewJob]) -> (String, Columns) {
    let rows: Vec<&JobRow> = wishes.iter().map(|wish| &wish.row).collect();
    let claims = || wishes.iter().map(|wish| wish.claim.as_ref());
    let columns = Columns::default()
        .jobs(&rows)
        .texts(claims().map(|claim| claim.map(|claim| claim.key.as_str())))
        .bytes(claims().map(|claim| claim.map(|claim| &claim.fingerprint.0[..])))
        .numbers(claims().map(|claim| claim.map(|claim| claim.until.as_micros())));
    let fresh = if claims().any(|claim| claim.is_some()) {
        WITH_KEYS
    } else {
        WITHOUT_KEYS
    };
    let ended = match rows.iter().any(|row| row.due.is_none()) {
        true => ENDED,
        false => "",
    };
    let (served, raised) = match rows.iter().any(|row| row.started) {
        true => (
            served::of("f.priority"),
            format!(", {}", served::raised("placed", "started")),
        ),
        false => (served::of("f.priority"), String::new()),
    };
    let sql = format!("{WISH}{fresh}{TURNS}{served}{ADD}{ended} SELECT id{raised} FROM added");
    (sql, columns)
}

/// What the key of a job that was not added says, if it has one that is kept.
pub(super) async fn known_of(shared: &Shared, wish: &NewJob) -> Work<Option<Inserted>> {
    let mut known = Adding(shared.clone()).known(&[(0, wish)]).await?;
    known.remove(&0).transpose()
}

/// What one kept key says about a new submission.
fn said(row: &Row, claim: &IdempotencyClaim) -> Work<Inserted> {
    let what = "idempotency key";
    let fingerprint: Vec<u8> = get(row, 14, what)?;
    if fingerprint != claim.fingerprint.0 {
        return Ok(Inserted::Conflict);
    }
    if get::<Option<Uuid>>(row, 0, what)?.is_none() {
        return Err(StoreError::Unreadable {
            what,
            problem: "its job is missing".into(),
        });
    }
    Ok(Inserted::Twin(Box::new(read_row(row)?.job()?)))
}
