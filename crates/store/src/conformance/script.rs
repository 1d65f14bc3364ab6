//! Random sequences of operations, to be played on two stores: they must end the same way.
//!
//! An [`Operation`] is made from four bytes, any four, so that whatever makes random bytes makes
//! scripts. What each operation gave, and at the end what the store holds, is told as text.

use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{Cause, DeliveryEvent, Failure, Hold, Jitter, Timestamp};
use marquetry_model::{
    Amount, Carriage, ExportFile, Job, JobId, JobResult, Mockup, Posting, TenantId, Version,
};

use super::sample::{
    LEASE, at, attempt, content, delivery, delivery_id, delivery_steps, endpoint, endpoint_id, file, job_id,
    job_steps, key, key_id, mockup, mockup_id, record, render_job, result, template_job, tenant, tenant_id,
    upload_job, worker,
};
use crate::{
    Cursor, DeliveryFilter, Fingerprint, First, IdempotencyClaim, JobFilter, JobSwap, MockupFilter,
    MockupOrder, OrderBy, Pick, PostingOrder, Record, RecordKind, Store, StoreError, Submission, Suspects,
    Way,
};

/// One thing done to a store. Numbers are small, so that operations meet each other's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    what: u8,
    one: u8,
    two: u8,
    three: u8,
}

impl From<[u8; 4]> for Operation {
    fn from([what, one, two, three]: [u8; 4]) -> Self {
        Self {
            what: what % Self::KINDS,
            one,
            two,
            three,
        }
    }
}

impl Operation {
    const KINDS: u8 = 30;

    /// Does it to `store` at `now`, and tells what came of it.
    async fn play(self, store: &Arc<dyn Store>, now: Timestamp) -> String {
        let Self {
            what,
            one,
            two,
            three,
        } = self;
        let n = u64::from(one % 12);
        let tenant_id = tenant_id(1 + u64::from(two % 2));
        match what {
            0..3 => told(
                store
                    .insert_job(&a_job(n, tenant_id, now), claim(two, three, now).as_ref())
                    .await,
            ),
            3..5 => told(
                job_steps(store)
                    .claim(worker(n), now, LEASE, usize::from(three % 5))
                    .await,
            ),
            5 => told(
                job_steps(store)
                    .at_once(u32::from(two % 4))
                    .claim_beside(worker(n), now, LEASE, usize::from(three % 5))
                    .await,
            ),
            6..10 => self.report(store, tenant_id, job_id(n), now).await,
            10 => told(job_steps(store).cancel(tenant_id, job_id(n), now).await),
            11 => self.swap_blindly(store, n, tenant_id, now).await,
            12 => told(job_steps(store).recover(now).await),
            13 => told(store.forget_claims(now).await),
            14 => told(store.insert_mockup(&a_mockup(n, tenant_id, three)).await),
            15 => self.rename(store, n, tenant_id, now).await,
            16 => told(store.delete_mockup(tenant_id, mockup_id(n)).await),
            17 => self.change_endpoint(store, n, now).await,
            18 if two.is_multiple_of(3) => told(store.insert_delivery(&file(n)).await),
            18 => told(store.insert_delivery(&delivery(n)).await),
            19 => self.send(store, now).await,
            21 => {
                let steps = job_steps(store).deadline(Duration::from_secs(90));
                told(steps.end_overdue(now).await)
            }
            22 => told(store.forget_jobs(now - LEASE * 2, u32::from(three % 4)).await),
            23 => told(
                store
                    .forget_deliveries(now - LEASE * 2, u32::from(three % 4))
                    .await,
            ),
            20 => told(delivery_steps(store).replay(tenant_id, delivery_id(n), now).await),
            24..27 => self.change_record(store, now).await,
            27 | 28 => self.pay(store, now).await,
            _ => self.use_key(store, n, now).await,
        }
    }

    /// A worker's word about a job, true or not.
    async fn report(self, store: &Arc<dyn Store>, tenant: TenantId, id: JobId, now: Timestamp) -> String {
        let steps = job_steps(store);
        let held = store
            .job(tenant, id)
            .await
            .ok()
            .flatten()
            .and_then(|job| job.state.hold());
        let stranger = Hold {
            worker: worker(99),
            epoch: 7,
        };
        let by = held.filter(|_| !self.three.is_multiple_of(8)).unwrap_or(stranger);
        let n = u64::from(self.one % 12);
        match self.two / 2 % 7 {
            0 => told(steps.renew(tenant, id, by, now, LEASE).await),
            1 => {
                let cause = Cause::later(Failure::new("c", "m", "d"));
                told(
                    steps
                        .broke(
                            tenant,
                            id,
                            by,
                            cause,
                            now,
                            Jitter::from_bits(n.try_into().unwrap()),
                        )
                        .await,
                )
            }
            2 => told(
                steps
                    .broke(
                        tenant,
                        id,
                        by,
                        Cause::never(Failure::new("c", "m", "d")),
                        now,
                        Jitter::MOST,
                    )
                    .await,
            ),
            3 => told(steps.hand_back(tenant, id, by, now).await),
            4 => told(steps.deadline_passed(tenant, id, now).await),
            5 => {
                let made = JobResult {
                    mockup: Some(mockup_id(n)),
                    ..JobResult::default()
                };
                told(
                    steps
                        .finish(tenant, id, by, made, Some(a_mockup(n, tenant, self.three)), now)
                        .await,
                )
            }
            _ => {
                let mut made = result(n);
                let bytes = u64::from(self.three);
                made.export = made.export.map(|file| ExportFile { bytes, ..file });
                told(steps.finish(tenant, id, by, made, None, now).await)
            }
        }
    }

    /// A swap by somebody who may never have read the job.
    async fn swap_blindly(self, store: &Arc<dyn Store>, n: u64, tenant: TenantId, now: Timestamp) -> String {
        let made = store.job(tenant, job_id(n)).await.ok().flatten();
        let job = made.unwrap_or_else(|| a_job(n, tenant, now));
        let expected = Version(u64::from(self.three % 4));
        let due = now + Duration::from_secs(u64::from(self.three));
        let job = Job {
            version: expected,
            ..job
        };
        let state = marquetry_job::JobState::Queued {
            tally: marquetry_job::Tally::NEW,
            not_before: due,
        };
        let swap = JobSwap {
            owed: vec![delivery(n)],
            ..JobSwap::only(job.stepped(state, None, now))
        };
        told(store.replace_job(expected, &swap).await)
    }

    /// A rename by somebody who may have read an older version.
    async fn rename(self, store: &Arc<dyn Store>, n: u64, tenant: TenantId, now: Timestamp) -> String {
        let stored = store.mockup(tenant, mockup_id(n)).await.ok().flatten();
        let expected = Version(u64::from(self.three % 3));
        let known = Mockup {
            version: expected,
            ..stored.unwrap_or_else(|| a_mockup(n, tenant, 0))
        };
        match known.renamed(format!("Name {}", self.three % 7), now) {
            Ok(renamed) => told(store.replace_mockup(expected, &renamed).await),
            Err(error) => error.to_string(),
        }
    }

    async fn change_endpoint(self, store: &Arc<dyn Store>, n: u64, now: Timestamp) -> String {
        match self.two % 3 {
            0 => told(store.insert_endpoint(&endpoint(n)).await),
            1 => {
                let change = marquetry_model::EndpointChange {
                    enabled: Some(self.three.is_multiple_of(2)),
                    ..marquetry_model::EndpointChange::default()
                };
                let expected = Version(u64::from(self.three % 3));
                let known = marquetry_model::Endpoint {
                    version: expected,
                    ..endpoint(n)
                };
                told(store.replace_endpoint(expected, &change.apply(known, now)).await)
            }
            _ => told(store.delete_endpoint(tenant_id(1), endpoint_id(n)).await),
        }
    }

    /// Somebody pays in, perhaps not for the first time, or an account is suspended or reopened; or several jobs come
    /// in together.
    async fn pay(self, store: &Arc<dyn Store>, now: Timestamp) -> String {
        let tenant = tenant_id(1 + u64::from(self.two % 2));
        let posting = match self.one % 8 {
            0 => Posting::Suspended,
            1 | 2 => Posting::Reopened,
            3 | 4 => {
                let n = u64::from(self.three % 12);
                let submission = Submission {
                    more: vec![a_job((n + 1) % 12, tenant, now)],
                    claim: claim(self.two, self.three, now),
                    records: vec![record(n % 4)],
                    ..Submission::of(a_job(n, tenant, now))
                };
                return told(store.insert_jobs(&submission).await);
            }
            _ => Posting::TopUp,
        };
        let order = PostingOrder {
            tenant,
            posting,
            amount: Amount::from_micros(u64::from(self.three % 8)).unwrap(),
            reference: format!("payment {}", self.three % 32),
            at: now,
        };
        told(store.post(&order).await)
    }

    /// A record is made, changed by somebody who may have read an older version, or deleted.
    async fn change_record(self, store: &Arc<dyn Store>, now: Timestamp) -> String {
        let kind = RecordKind::ALL[usize::from(self.two) % RecordKind::ALL.len()];
        // Records refer to one another, to contents, and to nothing.
        let refers = match self.three % 4 {
            0 => vec![],
            one => vec![content(one).to_string(), record(u64::from(one)).id],
        };
        let expected = Version(u64::from(self.three / 4 % 3));
        let changed = Record {
            tenant: tenant_id(1 + u64::from(self.two % 2)),
            kind,
            version: expected.next(),
            created_at: now,
            updated_at: now,
            refers,
            ..record(u64::from(self.one % 4))
        };
        let Record { tenant, ref id, .. } = changed;
        match self.one / 4 % 4 {
            0 | 1 => told(store.insert_record(&changed).await),
            2 => told(store.replace_record(expected, &changed).await),
            _ => {
                let expected = (!self.three.is_multiple_of(3)).then_some(expected);
                told(store.delete_record(tenant, kind, id, expected).await)
            }
        }
    }

    /// A courier claims and reports.
    async fn send(self, store: &Arc<dyn Store>, now: Timestamp) -> String {
        let steps = delivery_steps(store);
        let lanes = if self.three.is_multiple_of(4) {
            vec![delivery(1).lane()]
        } else {
            vec![]
        };
        let most = usize::from(self.one % 3);
        let carriage = match self.one / 3 % 3 {
            0 => Carriage::File,
            _ => Carriage::Message,
        };
        let claimed = match steps.claim(carriage, worker(3), now, LEASE, most, &lanes).await {
            Ok(claimed) => claimed,
            Err(error) => return name(&error),
        };
        let mut all = vec![format!("{claimed:?}")];
        for one in claimed {
            let Some(by) = one.state.hold() else { continue };
            let event = match self.two % 5 {
                0 => DeliveryEvent::Accepted { by },
                1 => DeliveryEvent::Gone { by },
                2 => DeliveryEvent::PutOff {
                    by,
                    until: now + LEASE,
                },
                3 => continue,
                _ => DeliveryEvent::Refused {
                    by,
                    retry_after: None,
                },
            };
            all.push(told(
                steps
                    .report(
                        one.tenant,
                        one.id,
                        event,
                        Some(&attempt(by.epoch)),
                        now,
                        Jitter::MIDDLE,
                    )
                    .await,
            ));
            all.push(told(
                store
                    .delivery_attempts(one.tenant, one.id, Some(by.epoch), 3)
                    .await,
            ));
        }
        if self.three.is_multiple_of(16) {
            all.push(told(store.forget_attempts(at(i64::from(self.two % 3)), 2).await));
        }
        all.join("\n")
    }

    async fn use_key(self, store: &Arc<dyn Store>, n: u64, now: Timestamp) -> String {
        match self.two % 4 {
            0 => told(store.insert_tenant(&tenant(n)).await),
            1 => told(match store.tenant(tenant_id(1)).await {
                // A backend may insist that a key's tenant is there.
                Ok(Some(_)) => store.insert_key(&key(n)).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            }),
            2 => told(store.revoke_key(tenant_id(1), key_id(n), now).await),
            _ => told(store.count_use(key_id(n), u64::from(self.three), now).await),
        }
    }
}

fn a_job(n: u64, tenant: TenantId, now: Timestamp) -> Job {
    let job = match n % 4 {
        0 => upload_job(n),
        1 => template_job(n),
        _ => render_job(n),
    };
    Job {
        tenant,
        // Some cost something, and a few more than anybody has.
        charge: match n {
            4 | 6 | 9 => Amount::from_micros(n % 5),
            10 => Amount::from_micros(1_000_000),
            _ => None,
        },
        // Seldom other than normal, so that turns meet turns.
        priority: match n {
            5 => marquetry_model::Priority::High,
            7 | 8 => marquetry_model::Priority::Low,
            _ => marquetry_model::Priority::Normal,
        },
        created_at: now,
        updated_at: now,
        state: marquetry_job::JobState::accepted(now),
        ..job
    }
}

fn a_mockup(n: u64, tenant: TenantId, look: u8) -> Mockup {
    let name = ["Mug", "mug", "Ärmel", "ärmel", "Poster"][usize::from(look % 5)];
    Mockup {
        tenant,
        name: name.into(),
        content: content(look % 3),
        ..mockup(n)
    }
}

fn claim(key: u8, request: u8, now: Timestamp) -> Option<IdempotencyClaim> {
    (!key.is_multiple_of(4)).then(|| IdempotencyClaim {
        key: format!("key {}", key / 4 % 4),
        fingerprint: Fingerprint([request % 2; 32]),
        until: now + Duration::from_secs(60),
    })
}

/// Errors are told by their sort only: what a backend says beyond it is its own.
fn name(error: &StoreError) -> String {
    match error {
        StoreError::Duplicate { what } => format!("duplicate {what}"),
        other => format!("{other:?}"),
    }
}

fn told<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> String {
    outcome.map_or_else(|error| name(&error), |value| format!("{value:?}"))
}

/// Plays a script on an empty store: each operation a few seconds after the one before. Gives what each
/// one told, and what every reading call tells at the end.
pub async fn play(store: Arc<dyn Store>, script: &[Operation]) -> Vec<String> {
    let mut now = at(1_000);
    let mut told = Vec::new();
    for operation in script {
        now = now + Duration::from_secs(u64::from(operation.three % 16));
        told.push(format!("{operation:?}: {}", operation.play(&store, now).await));
    }
    told.extend(everything(&store, now).await);
    told
}

/// What every reading call tells.
async fn everything(store: &Arc<dyn Store>, now: Timestamp) -> Vec<String> {
    let mut all = Vec::new();
    for n in [1, 2] {
        let tenant = tenant_id(n);
        let mut after: Option<Cursor> = None;
        loop {
            let page = store.list_jobs(tenant, &JobFilter::default(), after, 3).await;
            all.push(format!("jobs {page:?}"));
            after = page.ok().and_then(|page| page.next);
            if after.is_none() {
                break;
            }
        }
        all.push(told(
            store
                .list_deliveries(tenant, &DeliveryFilter::default(), None, 99)
                .await,
        ));
        for (by, way) in [
            (OrderBy::Name, Way::Ascending),
            (OrderBy::UpdatedAt, Way::Descending),
            (OrderBy::CreatedAt, Way::Descending),
        ] {
            let filter = MockupFilter {
                name: Some("m".into()),
                ..MockupFilter::default()
            };
            all.push(told(
                store
                    .list_mockups(tenant, &filter, MockupOrder { by, way }, 4, 1)
                    .await,
            ));
        }
        for kind in RecordKind::ALL {
            let (page, mut after) = (2, None);
            loop {
                let page = store.list_records(tenant, kind, after.as_ref(), page).await;
                all.push(format!("records {page:?}"));
                after = page.ok().and_then(|page| page.next);
                if after.is_none() {
                    break;
                }
            }
        }
        all.push(told(store.account(tenant).await));
        all.push(told(store.list_entries(tenant, None, 99).await));
        all.push(told(store.list_entries(tenant, Some(3), 1).await));
        all.push(told(store.list_endpoints(tenant).await));
        all.push(told(store.list_keys(tenant).await));
        all.push(told(store.count_live_jobs(Some(tenant)).await));
    }
    all.push(told(store.list_tenants().await));
    all.push(told(store.due_jobs(&Pick::any(now, 5)).await));
    all.push(told(store.due_jobs(&Pick::any(Timestamp::MAX, 99)).await));
    let narrow = Pick {
        at_once: 1,
        first: First::OneLow,
        ..Pick::any(now, 99)
    };
    all.push(told(store.due_jobs(&narrow).await));
    for suspects in [Suspects::PassedOver, Suspects::Alone] {
        for at_once in [1, 2, u32::MAX] {
            let pick = Pick {
                suspects,
                at_once,
                ..Pick::any(now, 5)
            };
            all.push(told(store.due_jobs(&pick).await));
        }
    }
    all.push(told(store.overdue_jobs(now, 99).await));
    all.push(told(store.held_jobs(None, 99).await));
    all.push(told(store.next_due_job().await));
    for carriage in Carriage::ALL {
        all.push(told(store.due_deliveries(carriage, now.into(), 99, &[]).await));
        all.push(told(store.held_deliveries(carriage, None, 99).await));
        all.push(told(
            store
                .next_due_delivery(carriage, Timestamp::MIN, &[delivery(1).lane()])
                .await,
        ));
    }
    all.push(told(store.count_live_jobs(None).await));
    for n in 0..3 {
        all.push(told(store.content_in_use(content(n)).await));
        all.push(told(store.is_referred_to(&content(n).to_string()).await));
    }
    for kind in RecordKind::ALL {
        all.push(told(store.loose_records(kind, now - LEASE, None, 3).await));
    }
    all
}
