//! Whatever tenants do, of two that both have work in line neither is served more than two jobs more.

use std::collections::VecDeque;
use std::sync::Arc;

use marquetry_model::Job;
use marquetry_store::conformance::sample::{
    LEASE, at, job_id, job_steps, render_job, result, tenant_id, worker,
};
use marquetry_store::memory::MemoryStore;
use marquetry_store::{Cancelling, Store};
use proptest::prelude::*;

const TENANTS: usize = 4;

#[derive(Clone, Debug)]
enum Act {
    Submit { tenant: usize, jobs: usize },
    CancelLast { tenant: usize },
    Serve { jobs: usize },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0..TENANTS, 1_usize..12).prop_map(|(tenant, jobs)| Act::Submit { tenant, jobs }),
        1 => (0..TENANTS).prop_map(|tenant| Act::CancelLast { tenant }),
        3 => (1_usize..9).prop_map(|jobs| Act::Serve { jobs }),
    ]
}

/// How far tenants are ahead of each other, for as long as both have something in line.
///
/// Only then can one keep the other waiting: whoever wants nothing for a moment begins anew, which is the interval of
/// the theorem that bounds this (Goyal, Vin, Cheng: *Start-time Fair Queuing*, 1996, theorem 1).
#[derive(Default)]
struct Lead([[Span; TENANTS]; TENANTS]);

/// A lead as it is now, and how far it went to either side.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    now: i32,
    least: i32,
    most: i32,
}

impl Span {
    fn add(&mut self, jobs: i32) {
        self.now += jobs;
        self.least = self.least.min(self.now);
        self.most = self.most.max(self.now);
    }
}

impl Lead {
    fn served(&mut self, tenant: usize) {
        for other in (0..TENANTS).filter(|other| *other != tenant) {
            self.0[tenant][other].add(1);
            self.0[other][tenant].add(-1);
        }
    }

    /// Called whenever a line grew shorter.
    fn forget_whoever_wants_nothing(&mut self, line: &[VecDeque<u64>; TENANTS]) {
        for tenant in (0..TENANTS).filter(|tenant| line[*tenant].is_empty()) {
            for other in 0..TENANTS {
                (self.0[tenant][other], self.0[other][tenant]) = Default::default();
            }
        }
    }

    /// The most jobs that one was served more than another while both waited.
    fn most(&self) -> i32 {
        let spans = self.0.iter().flatten();
        spans.map(|span| span.most - span.least).max().unwrap_or(0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_tenant_waits_for_more_than_its_share(acts in prop::collection::vec(act(), 1..60)) {
        marquetry_store::conformance::run(async {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let steps = job_steps(&store);
            let mut line: [VecDeque<u64>; TENANTS] = Default::default();
            let (mut lead, mut made) = (Lead::default(), 0);
            for act in acts {
                match act {
                    Act::Submit { tenant, jobs } => for _ in 0..jobs {
                        let id = tenant_id(tenant as u64);
                        let job = Job { tenant: id, created_at: at(0), ..render_job(made) };
                        let job = Job { state: marquetry_job::JobState::accepted(at(0)), ..job };
                        let _new = store.insert_job(&job, None).await.unwrap();
                        line[tenant].push_back(made);
                        made += 1;
                    },
                    Act::CancelLast { tenant } => if let Some(n) = line[tenant].pop_back() {
                        let id = tenant_id(tenant as u64);
                        let cancelled = steps.cancel(id, job_id(n), at(1)).await.unwrap();
                        prop_assert!(matches!(cancelled, Cancelling::Done(_)));
                        lead.forget_whoever_wants_nothing(&line);
                    },
                    Act::Serve { jobs } => for _ in 0..jobs {
                        let Some(job) = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap().pop() else { break };
                        let tenant = (0..TENANTS).find(|n| tenant_id(*n as u64) == job.tenant).unwrap();
                        // Each tenant's own jobs keep their order.
                        let first = line[tenant].pop_front().map(job_id);
                        prop_assert_eq!(first, Some(job.id));
                        lead.served(tenant);
                        prop_assert!(lead.most() <= 2, "{:?}", lead.0);
                        lead.forget_whoever_wants_nothing(&line);
                        let by = job.state.hold().unwrap();
                        steps.finish(job.tenant, job.id, by, result(1), None, at(1)).await.unwrap();
                    },
                }
            }
            Ok(())
        })?;
    }
}
