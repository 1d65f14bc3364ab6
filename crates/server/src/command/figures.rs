//! Figures: which there are, what each means, and who collects them in this process.

use std::sync::Arc;
use std::time::Duration;

use marquetry_server::App;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::Failure;

/// The upper ends of the bins that times are counted in, in seconds.
const BINS: [f64; 17] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];
/// How often samples that nobody has read are put into their bins.
const UPKEEP: Duration = Duration::from_secs(5);

/// Every counter and what it counts.
pub(super) const COUNTERS: [(&str, &str); 14] = [
    (
        "marquetry_jobs_accepted_total",
        "Jobs that were accepted and are durable, by kind.",
    ),
    (
        "marquetry_jobs_claimed_total",
        "Attempts that workers of this process began, by kind.",
    ),
    (
        "marquetry_jobs_ended_total",
        "Jobs that ended by the hand of this process, by kind, state and stable code of the cause.",
    ),
    (
        "marquetry_attempts_broken_total",
        "Attempts that broke, by stable code of the cause and whether another try may help.",
    ),
    (
        "marquetry_leases_lost_total",
        "Attempts that were abandoned because somebody else had taken the job.",
    ),
    (
        "marquetry_unreadable_rows_total",
        "Jobs and deliveries that cannot be read and are passed over, by what they are.",
    ),
    (
        "marquetry_deliveries_tried_total",
        "Tries to deliver a webhook, by outcome: accepted, refused, gone (410), unanswered.",
    ),
    (
        "marquetry_files_carried_total",
        "Tries to bring a file to a destination, by outcome: brought, refused, failed, gone, put_off.",
    ),
    (
        "marquetry_carried_bytes_total",
        "Bytes of files that are at their destination.",
    ),
    (
        "marquetry_endpoints_disabled_total",
        "Endpoints that were disabled because nothing but failures came from them.",
    ),
    (
        "marquetry_requests_total",
        "HTTP requests, by pattern of the route and class of status.",
    ),
    (
        "marquetry_submissions_refused_total",
        "Submissions that were told to come back, because too many were in hand.",
    ),
    (
        "marquetry_connections_refused_total",
        "Connections that were turned away because too many were open.",
    ),
    (
        "marquetry_blob_calls_repeated_total",
        "Calls to the blob storage that failed and were made again.",
    ),
];

/// Every gauge and what it shows.
pub(super) const GAUGES: [(&str, &str); 4] = [
    (
        "marquetry_jobs_live",
        "Jobs that wait or run, in the whole database; asked for at each reading.",
    ),
    ("marquetry_jobs_running", "Attempts that run in this process."),
    ("marquetry_connections_open", "Open HTTP connections."),
    (
        "marquetry_body_budget_free_bytes",
        "Memory that is left for bodies of requests.",
    ),
];

/// Every histogram and what it measures, in seconds.
pub(super) const HISTOGRAMS: [(&str, &str); 6] = [
    (
        "marquetry_job_start_seconds",
        "From the acceptance of a job to the beginning of its first attempt.",
    ),
    (
        "marquetry_job_seconds",
        "From the acceptance of a job to its end, by kind and state.",
    ),
    (
        "marquetry_room_seconds",
        "What each room of the walk took: fetch, open, decode, plan, draw, compare, scale, encode, put.",
    ),
    ("marquetry_delivery_seconds", "One try to deliver a webhook."),
    (
        "marquetry_carry_seconds",
        "One try to bring a file to a destination.",
    ),
    (
        "marquetry_request_seconds",
        "From the head of a request to the beginning of its answer.",
    ),
];

/// Collects the figures of this process.
#[derive(Clone)]
pub(super) struct Collector(PrometheusHandle);

impl Collector {
    /// Collects from now on, and keeps what is collected small. Must be called on a runtime.
    pub(super) fn start() -> Result<Self, Failure> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BINS)?
            .install_recorder()?;
        for (name, meaning) in COUNTERS {
            describe_counter!(name, meaning);
        }
        for (name, meaning) in GAUGES {
            describe_gauge!(name, meaning);
        }
        for (name, meaning) in HISTOGRAMS {
            describe_histogram!(name, Unit::Seconds, meaning);
        }
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self(handle))
    }

    /// The app with what is collected under `/metrics`.
    pub(super) fn shown_by(&self, app: App) -> Arc<App> {
        let handle = self.0.clone();
        Arc::new(app.with_metrics(move || handle.render()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn known() -> BTreeSet<&'static str> {
        let all = COUNTERS.iter().chain(&GAUGES).chain(&HISTOGRAMS);
        all.map(|(name, _)| *name).collect()
    }

    /// The names that the sources under a folder count by.
    fn used(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for macro_name in ["counter!(", "gauge!(", "histogram!("] {
                    let call = format!("metrics::{macro_name}");
                    let uses = text.split(&call).skip(1);
                    let names =
                        uses.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
                    found.extend(names.map(str::to_owned));
                }
            }
        }
    }

    #[test]
    fn every_figure_is_described_used_and_documented() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = BTreeSet::new();
        for room in [
            "blobs", "store", "worker", "webhook", "carrier", "service", "server",
        ] {
            used(&root.join("crates").join(room).join("src"), &mut found);
        }
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, known());
        let text = fs::read_to_string(root.join("docs/operations.md")).unwrap();
        for name in known() {
            assert!(
                text.contains(&format!("`{name}`")),
                "docs/operations.md does not explain {name}"
            );
        }
    }
}
