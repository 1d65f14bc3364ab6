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

/// How far each tenant is ahead of each other since both last had nothing in line at some moment.
#[derive(Default)]
struct Lead([[i32; TENANTS]; TENANTS]);

impl Lead {
    fn served(&mut self, tenant: usize, line: &[VecDeque<u64>; TENANTS]) {
        for (other, waiting) in line.iter().enumerate() {
            if other == tenant {
                continue;
            }
            if waiting.is_empty() {
                // Whoever wants nothing is not kept waiting: counting begins anew.
                (self.0[tenant][other], self.0[other][tenant]) = (0, 0);
            } else {
                self.0[tenant][other] += 1;
                self.0[other][tenant] -= 1;
            }
        }
    }

    fn most(&self) -> i32 {
        self.0.iter().flatten().copied().max().unwrap_or(0)
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
                    },
                    Act::Serve { jobs } => for _ in 0..jobs {
                        let Some(job) = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap().pop() else { break };
                        let tenant = (0..TENANTS).find(|n| tenant_id(*n as u64) == job.tenant).unwrap();
                        lead.served(tenant, &line);
                        // Each tenant's own jobs keep their order.
                        let first = line[tenant].pop_front().map(job_id);
                        prop_assert_eq!(first, Some(job.id));
                        prop_assert!(lead.most() <= 2, "{:?}", lead.0);
                        let by = job.state.hold().unwrap();
                        steps.finish(job.tenant, job.id, by, result(1), None, at(1)).await.unwrap();
                    },
                }
            }
            Ok(())
        })?;
    }
}
