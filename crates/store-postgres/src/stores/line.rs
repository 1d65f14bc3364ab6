//! The line that jobs wait in: who is next.

use std::collections::HashMap;

use marquetry_model::{Job, Priority};
use marquetry_store::persisted::{priority_column, readable};
use marquetry_store::{First, Pick, Suspect, Suspects};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::jobs::read_row;
use super::{limit, uuid};
use crate::error::Work;
use crate::pool::{Value, get};

/// Whether what is found is held until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// It is looked at only.
    None,
    /// It is, and what others hold is passed over.
    SkipLocked,
}

/// A search through the line. Most often one statement finds everything; where tenants come to their limit
/// among what it found, the next one passes them over.
#[derive(Debug)]
pub(super) struct Line {
    pick: Pick,
    found: Vec<Job>,
    /// How many of each tenant run or are found to be run.
    taken: HashMap<Uuid, u32>,
    /// Tenants that came to their limit.
    full: Vec<Uuid>,
    /// Jobs that cannot be read.
    unreadable: Vec<Uuid>,
    /// The suspect that was passed over.
    suspect: Option<Suspect>,
    over: bool,
}

/// One statement of a search.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) sql: String,
    now: i64,
    most: i64,
    low: i64,
    seen: Vec<Uuid>,
    at_once: i64,
    full: Vec<Uuid>,
}

impl Search {
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        let mut values: Vec<Value<'_>> = vec![
            (&self.now, Type::INT8),
            (&self.most, Type::INT8),
            (&self.low, Type::INT8),
            (&self.seen, Type::UUID_ARRAY),
        ];
        if self.at_once < i64::from(u32::MAX) {
            values.extend([
                (&self.at_once as _, Type::INT8),
                (&self.full as _, Type::UUID_ARRAY),
            ]);
        }
        values
    }
}

impl Line {
    pub(super) fn new(pick: Pick) -> Self {
        Self {
            pick,
            found: Vec::new(),
            taken: HashMap::new(),
            full: Vec::new(),
            unreadable: Vec::new(),
            suspect: None,
            over: pick.limit == 0,
        }
    }

    /// What to ask next, if anything.
    pub(super) fn search(&self, lock: Lock) -> Option<Search> {
        (!self.over).then(|| {
            let found = u32::try_from(self.found.len()).unwrap_or(u32::MAX);
            let unreadable = u32::try_from(self.unreadable.len()).unwrap_or(u32::MAX);
            let seen = self.found.iter().map(|job| uuid(job.id.as_bytes()));
            Search {
                sql: text(lock, &self.pick),
                now: self.pick.now.as_micros(),
                // Where many cannot be read, each search reaches twice as far as the one before.
                most: limit(self.pick.limit.saturating_sub(found).max(unreadable)),
                low: priority_column(Priority::Low),
                at_once: i64::from(self.pick.at_once),
                full: self.full.clone(),
                seen: seen.chain(self.unreadable.iter().copied()).collect(),
            }
        })
    }

    /// Takes in what was found. A claim passes over what cannot be read; who only looks is told of it.
    pub(super) fn found(&mut self, rows: &[Row], lock: Lock) -> Work<()> {
        let most = usize::try_from(self.pick.limit).unwrap_or(usize::MAX);
        let mut passed = false;
        for row in rows {
            let id: Uuid = get(row, 0, "job")?;
            let read = read_row(row).and_then(|row_of| Ok((row_of.job()?, row_of)));
            let read = match lock {
                Lock::None => Some(read?),
                Lock::SkipLocked => readable(id.into_bytes(), read)?,
            };
            let Some((job, row_of)) = read else {
                passed = true;
                self.unreadable.push(id);
                continue;
            };
            if get(row, WHETHER_TOLD, "job")? {
                self.suspect = Suspect::of(&job);
                continue;
            }
            if self.found.len() >= most {
                continue;
            }
            // A suspect that is found alone has been held against the limit of its tenant by the statement.
            let counted = !row_of.running && (self.pick.suspects != Suspects::Alone || !row_of.suspect);
            if counted && self.pick.at_once < u32::MAX {
                let tenant = Uuid::from_bytes(row_of.tenant);
                let running: i64 = get(row, HOW_MANY_RUN, "job")?;
                let taken = self.taken.entry(tenant);
                let taken = taken.or_insert_with(|| u32::try_from(running).unwrap_or(u32::MAX));
                if *taken >= self.pick.at_once {
                    passed = true;
                    if !self.full.contains(&tenant) {
                        self.full.push(tenant);
                    }
                    continue;
                }
                *taken += 1;
            }
            if counted && job.priority == Priority::Low {
                // The one that comes before all others is found once.
                self.pick.first = First::Urgent;
            }
            self.found.push(job);
        }
        self.over = !passed || self.found.len() >= most;
        // Beside what was found in line nothing runs alone any more.
        if self.pick.suspects == Suspects::Alone && !self.found.is_empty() {
            self.pick.suspects = Suspects::PassedOver;
        }
        Ok(())
    }

    /// What was found, and the suspect that was passed over.
    pub(super) fn into_found(self) -> (Vec<Job>, Option<Suspect>) {
        (self.found, self.suspect)
    }
}

/// What stands in line of a job.
const STANDING: &str = "id, tenant, due, running, started, priority, created_at, version, record, suspect";

/// The columns after those of a job: how many jobs of its tenant run, or are kept room for,
const HOW_MANY_RUN: usize = 13;
/// and whether it is told of only.
const WHETHER_TOLD: usize = 14;

/// The one text that says who is next: lapsed leases, then what waits, by priority and turn.
///
/// Each part walks an index in its order, and the parts are read one after the other only as far as the
/// outer limit wants: nothing is locked that is not given out. All that waits is one part, since its index has the
/// priorities in their order: what a search costs is to begin its parts, and to hand each job from one to the next.
/// Parameters: the present moment, how many, the least priority, what was seen before; and where tenants have a limit,
/// that limit and the tenants that have come to it.
fn text(lock: Lock, pick: &Pick) -> String {
    let lock = match lock {
        Lock::None => "",
        Lock::SkipLocked => "FOR UPDATE SKIP LOCKED",
    };
    let limited = pick.at_once < u32::MAX;
    let room_is_kept = match pick.suspects {
        Suspects::InLine => "",
        Suspects::PassedOver | Suspects::Alone => {
            "UNION ALL SELECT tenant FROM line WHERE suspect AND NOT running AND due <= $1"
        }
    };
    let (tenants, open, may_run, running) = if limited {
        (
            format!(
                ", running_of AS MATERIALIZED (
                     SELECT tenant, count(*) AS jobs FROM line WHERE running GROUP BY tenant
                 ), taken_of AS MATERIALIZED (
                     SELECT tenant, count(*) AS jobs
                     FROM (SELECT tenant FROM line WHERE running {room_is_kept}) AS taken GROUP BY tenant
                 )"
            ),
            "AND tenant <> ALL ($6) AND tenant <> ALL (ARRAY(SELECT tenant FROM taken_of WHERE jobs >= $5))",
            "AND tenant <> ALL (ARRAY(SELECT tenant FROM running_of WHERE jobs >= $5))",
            "coalesce((SELECT jobs FROM taken_of WHERE taken_of.tenant = next.tenant), 0)",
        )
    } else {
        (String::new(), "", "", "0::bigint")
    };
    // What was asked is looked up for each that is given out, in their order, and for no others.
    let asked = "CROSS JOIN LATERAL (
                     SELECT kind, subject, spec FROM jobs WHERE jobs.id = next.id OFFSET 0
                 ) AS asked";
    let whole =
        "next.id, next.tenant, kind, subject, due, running, started, next.priority, next.created_at, version,
                 spec, record, suspect";
    let told = format!("UNION ALL SELECT {whole}, 0, true FROM next_suspect AS next {asked}");
    // Whether suspects are found in line, which one is found by itself, and what that keeps from being found.
    let suspect = |lock: &str, only: &str| {
        format!(
            ", next_suspect AS MATERIALIZED (
                 SELECT {STANDING} FROM line WHERE suspect AND NOT running AND due <= $1 AND id <> ALL ($4) {only} {may_run}
                 ORDER BY due, created_at, id LIMIT 1 {lock}
             )"
        )
    };
    let (in_line, suspect, unless, alone, told) = match pick.suspects {
        Suspects::InLine => ("", String::new(), "", "", ""),
        Suspects::PassedOver => ("AND NOT suspect", suspect("", ""), "", "", &*told),
        Suspects::Alone => (
            "AND NOT suspect",
            suspect(lock, "AND NOT EXISTS (SELECT FROM lapsed)"),
            "AND NOT EXISTS (SELECT FROM lapsed) AND NOT EXISTS (SELECT FROM next_suspect)",
            "UNION ALL SELECT * FROM next_suspect",
            "",
        ),
    };
    let waiting = |only: &str, most: &str, order: &str| {
        format!(
            "SELECT {STANDING} FROM line
             WHERE NOT running AND due <= $1 AND id <> ALL ($4) {only} {in_line} {open} {unless}
             ORDER BY {order}turn, created_at, id LIMIT {most} {lock}"
        )
    };
    let (one, one_first, but_one) = match pick.first {
        First::Urgent => (String::new(), "", ""),
        First::OneLow => (
            format!(
                ", one AS MATERIALIZED ({})",
                waiting("AND priority = $3", "1", "")
            ),
            "UNION ALL SELECT * FROM one",
            "AND NOT EXISTS (SELECT FROM one WHERE one.id = line.id)",
        ),
    };
    let waiting = waiting(but_one, "$2", "priority, ");
    format!(
        "WITH lapsed AS MATERIALIZED (
             SELECT {STANDING} FROM line WHERE running AND due <= $1 AND id <> ALL ($4)
             ORDER BY due, created_at, id LIMIT $2 {lock}
         ){tenants}{suspect}{one}
         (SELECT {whole}, {running}, false FROM (
             SELECT * FROM lapsed
             {alone}
             {one_first}
             UNION ALL SELECT * FROM ({waiting}) AS waiting
         ) AS next {asked} LIMIT $2) {told}"
    )
}
