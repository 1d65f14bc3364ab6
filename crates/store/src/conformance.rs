//! A public suite that any store can run, ours or a stranger's: one rule, one test, so that a failure
//! names the rule it broke.
//!
//! ```no_run
//! // tests/it/conformance.rs of a backend:
//! use std::sync::Arc;
//! use marquetry_store::{Store, memory::MemoryStore};
//!
//! /// An empty store, and whatever must live as long as it does.
//! async fn fresh() -> (Arc<dyn Store>, ()) {
//!     (Arc::new(MemoryStore::new()), ())
//! }
//!
//! marquetry_store::job_store_suite!(fresh);
//! marquetry_store::mockup_store_suite!(fresh);
//! marquetry_store::record_store_suite!(fresh);
//! marquetry_store::ledger_store_suite!(fresh);
//! marquetry_store::endpoint_store_suite!(fresh);
//! marquetry_store::delivery_store_suite!(fresh);
//! marquetry_store::key_store_suite!(fresh);
//! ```
//!
//! [`script`] goes further: random sequences of operations must end the same way on two stores.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests, and a test that unwraps fails where it should"
)]

use std::future::Future;
use std::sync::Arc;

use crate::Store;

pub mod carriage;
pub mod deliveries;
pub mod endpoints;
pub mod idempotency;
pub mod jobs;
pub mod keys;
pub mod ledger;
pub mod line;
pub mod mockups;
mod overtaken;
pub mod records;
pub mod sample;
pub mod script;
pub mod storm;
pub mod together;
pub mod unreadable;

/// Runs one test to its end on a runtime of its own.
///
/// # Panics
/// When the test does, or no runtime can be made.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}

/// An empty store and its guard, or nothing where the backend cannot be had: the rules are then skipped.
pub trait Fresh {
    /// What must live as long as the store.
    type Guard;

    /// The store, if there is one.
    fn started(self) -> Option<(Arc<dyn Store>, Self::Guard)>;
}

impl<G> Fresh for (Arc<dyn Store>, G) {
    type Guard = G;

    fn started(self) -> Option<(Arc<dyn Store>, G)> {
        Some(self)
    }
}

impl<G> Fresh for Option<(Arc<dyn Store>, G)> {
    type Guard = G;

    fn started(self) -> Self {
        self
    }
}

/// One test function a rule. Used by the suites below.
#[doc(hidden)]
#[macro_export]
macro_rules! rules_of_a_store {
    ($fresh:ident; $topic:ident: $($rule:ident),+ $(,)?) => {
        mod $topic {
            $(
                #[test]
                fn $rule() {
                    $crate::conformance::run(async {
                        // A backend that is not on this machine has said so.
                        let started = $crate::conformance::Fresh::started(super::$fresh().await);
                        if let Some((store, _guard)) = started {
                            $crate::conformance::$topic::$rule(store).await;
                        }
                    });
                }
            )+
        }
    };
}

/// The rules of [`crate::JobStore`]. Takes the name of an async function beside it that gives an empty
/// store and a guard, or `None` where there is no such backend: see [`Fresh`](crate::conformance::Fresh).
#[macro_export]
macro_rules! job_store_suite {
    ($fresh:ident) => {
        $crate::rules_of_a_store!($fresh; jobs:
            an_inserted_job_reads_back_whole,
            a_job_keeps_its_timeline,
            an_id_is_taken_once,
            other_tenants_see_nothing,
            one_tenant_is_served_in_the_order_it_asked,
            a_job_is_not_found_before_it_is_due,
            the_next_due_moment_is_the_earliest,
            two_workers_never_hold_one_job,
            a_claim_writes_what_it_takes_and_nothing_else,
            a_moved_version_is_refused,
            what_is_not_there_is_missing,
            deliveries_and_state_appear_together,
            a_swap_that_fails_writes_nothing,
            a_mockup_appears_with_its_upload,
            a_lapsed_lease_is_found_again,
            a_worker_that_comes_back_late_is_refused,
            a_broken_attempt_comes_back_after_its_wait,
            held_jobs_are_found_whatever_their_lease,
            recovery_frees_what_dead_workers_held,
            cancel_against_finish_gives_one_end,
            lease_expires_during_the_final_commit,
            two_workers_one_job,
            an_overdue_job_is_failed_and_not_begun,
            overdue_jobs_are_found_by_age,
            ended_jobs_are_forgotten_by_age,
            a_silent_job_owes_nothing,
            cursor_pages_do_not_shift,
            filters_narrow_the_list,
            live_jobs_are_counted,
            changes_are_heard,
        );
        $crate::rules_of_a_store!($fresh; line:
            a_newcomer_is_next,
            tenants_take_turns,
            coming_back_at_once_gains_nothing,
            a_cancelled_job_gives_its_turn_back,
            priorities_come_before_turns,
            low_jobs_do_not_starve,
            a_lapsed_lease_is_taken_up_first,
            a_tenant_at_its_limit_is_passed_over,
            suspects_are_passed_over_beside_others,
            a_suspect_is_taken_alone,
            the_longest_due_suspect_is_next,
            a_suspect_that_is_handed_back_stays_one,
            room_is_kept_for_suspects,
        );
        $crate::rules_of_a_store!($fresh; together:
            each_swap_of_many_stands_for_itself,
            jobs_that_end_together_are_each_fenced,
        );
        $crate::rules_of_a_store!($fresh; idempotency:
            a_twin_gets_the_first_job,
            parallel_twins_make_one_job,
            another_request_under_a_key_conflicts,
            a_key_is_forgotten_after_its_time,
            forgetting_leaves_what_is_still_kept,
            a_key_belongs_to_its_tenant,
            a_refused_job_keeps_no_key,
            a_kept_key_is_known,
        );
    };
}

/// The rules of [`crate::MockupStore`]; see [`job_store_suite`].
#[macro_export]
macro_rules! mockup_store_suite {
    ($fresh:ident) => {
        $crate::rules_of_a_store!($fresh; mockups:
            a_mockup_reads_back_whole,
            an_id_is_taken_once,
            other_tenants_see_nothing,
            names_are_found_in_either_case,
            bounds_of_time_are_inclusive,
            every_order_runs_both_ways,
            pages_count_the_whole,
            a_rename_needs_the_current_version,
            a_deleted_mockup_is_given_back_once,
            content_is_in_use_until_its_last_mockup_goes,
        );
    };
}

/// The rules of [`crate::RecordStore`]; see [`job_store_suite`].
#[macro_export]
macro_rules! record_store_suite {
    ($fresh:ident) => {
        $crate::rules_of_a_store!($fresh; records:
            a_record_reads_back_whole,
            an_id_is_taken_once,
            other_tenants_see_nothing,
            cursor_pages_do_not_shift,
            a_change_needs_the_current_version,
            references_follow_their_record,
            loose_records_are_found_by_age,
            a_discharged_record_leaves_its_deliveries,
            what_is_pending_is_owed_once_others_have_ended,
        );
    };
}

/// The rules of [`crate::LedgerStore`]; see [`job_store_suite`].
#[macro_export]
macro_rules! ledger_store_suite {
    ($fresh:ident) => {
        $crate::rules_of_a_store!($fresh; ledger:
            an_account_begins_with_its_first_entry,
            a_job_that_succeeds_is_charged,
            a_job_that_ends_otherwise_gives_back,
            what_cannot_be_paid_is_not_queued,
            a_suspended_account_begins_nothing,
            a_twin_is_held_for_once,
            several_jobs_come_in_together,
            records_appear_with_an_end,
            parallel_submissions_never_overdraw,
        );
        $crate::rules_of_a_store!($fresh; storm:
            accounts_add_up_after_a_storm,
        );
    };
}

/// The rules of [`crate::EndpointStore`]; see [`job_store_suite`].
#[macro_export]
macro_rules! endpoint_store_suite {
    ($fresh:ident) => {
        $crate::rules_of_a_store!($fresh; endpoints:
            an_endpoint_reads_back_whole,
            an_id_is_taken_once,
            other_tenants_see_nothing,
            endpoints_are_listed_oldest_first,
            many_endpoints_are_read_at_once,
            a_change_needs_the_current_version,
            a_change_brings_its_deliveries_or_nothing,
            a_deleted_endpoint_is_gone,
        );
    };
}

/// The rules of [`crate::DeliveryStore`]; see [`job_store_suite`].
#[macro_export]
macro_rules! delivery_store_suite {
    ($fresh:ident) => {
        $crate::rules_of_a_store!($fresh; deliveries:
            a_delivery_reads_back_whole,
            an_id_is_taken_once,
            other_tenants_see_nothing,
            the_longest_due_is_sent_first,
            full_lanes_are_passed_over,
            what_is_due_before_a_window_is_passed_over,
            two_couriers_never_hold_one_delivery,
            a_moved_version_is_refused,
            a_refused_delivery_comes_back_after_its_wait,
            a_try_is_remembered_beside_its_delivery,
            old_tries_are_forgotten_by_age,
            a_schedule_belongs_to_its_dialect,
            a_lapsed_lease_is_found_again,
            recovery_frees_what_dead_couriers_held,
            a_delivered_one_is_due_no_more_until_replayed,
            each_of_many_deliveries_stands_for_itself,
            filters_narrow_the_list,
            cursor_pages_do_not_shift,
            ended_deliveries_are_forgotten_by_age,
            a_holder_that_was_overtaken_reports_in_vain,
            changes_are_heard,
        );
        $crate::rules_of_a_store!($fresh; carriage:
            each_carriage_has_a_line_of_its_own,
            recovery_of_one_carriage_leaves_the_other_alone,
            the_end_of_a_file_is_told,
        );
    };
}

/// The rules of [`crate::KeyStore`]; see [`job_store_suite`].
#[macro_export]
macro_rules! key_store_suite {
    ($fresh:ident) => {
        $crate::rules_of_a_store!($fresh; keys:
            tenants_read_back_oldest_first,
            a_key_is_found_by_its_hash,
            a_hash_is_taken_once,
            a_revoked_key_stays_revoked,
            a_key_is_revoked_by_its_tenant_only,
            uses_add_up,
        );
    };
}
