//! The flags of webhooks: what signs them, when they are tried, and how long their log is kept.

use std::time::Duration;

use clap::Args;
use marquetry_job::DeliverySchedule;
use marquetry_service::ServiceBuilder;
use marquetry_store::{Seal, SealKey};
use marquetry_webhook::CourierBuilder;

use super::limits::time;

/// How webhooks are sent, wherever that happens.
#[derive(Args, Clone, Debug)]
pub(super) struct Hearing {
    /// Keys that seal the secrets of endpoints in the database, 32 bytes each in hex or base64, with commas between them:
    /// the first one seals, all open. Without one they lie there as they are.
    #[arg(long, env = "MARQUETRY_SEAL_KEY", hide_env_values = true, value_name = "KEYS", value_delimiter = ',',
        value_parser = SealKey::parse)]
    seal_key: Vec<SealKey>,
    /// How long a replaced secret of an endpoint signs beside the new one.
    #[arg(long, env = "MARQUETRY_SECRET_OVERLAP", default_value = "24h", value_name = "TIME", value_parser = wait)]
    secret_overlap: Duration,
    /// The waits before the first, second, ... try of a webhook, with commas between them.
    /// [default: 0s,5s,5m,30m,2h,5h,10h,14h,20h,24h]
    #[arg(long, env = "MARQUETRY_WEBHOOK_WAITS", value_name = "TIMES", value_delimiter = ',', value_parser = wait)]
    webhook_waits: Vec<Duration>,
    /// How long one try of a webhook may take.
    #[arg(long, env = "MARQUETRY_WEBHOOK_TIMEOUT", default_value = "15s", value_name = "TIME", value_parser = time)]
    webhook_timeout: Duration,
    /// How long the log of each try of a webhook is kept.
    #[arg(long, env = "MARQUETRY_KEEP_ATTEMPTS", default_value = "30d", value_name = "TIME", value_parser = time)]
    keep_attempts: Duration,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            seal_key: Vec::new(),
            secret_overlap: Duration::from_hours(24),
            webhook_waits: Vec::new(),
            webhook_timeout: Duration::from_secs(15),
            keep_attempts: Duration::from_hours(30 * 24),
        }
    }
}

impl Hearing {
    pub(super) fn schedule(&self) -> DeliverySchedule {
        let usual = DeliverySchedule::default();
        match self.webhook_waits.as_slice() {
            [] => usual,
            waits => DeliverySchedule {
                waits: waits.to_vec(),
                ..usual
            },
        }
    }

    pub(super) fn service(&self, service: ServiceBuilder) -> ServiceBuilder {
        service
            .seal(self.seal())
            .secret_overlap(self.secret_overlap)
            .attempts_kept(self.keep_attempts)
            .delivery_schedule(self.schedule())
    }

    pub(super) fn courier(&self, courier: CourierBuilder) -> CourierBuilder {
        courier
            .seal(self.seal())
            .schedule(self.schedule())
            .timeout(self.webhook_timeout)
    }

    /// What seals secrets, and opens them.
    pub(super) fn seal(&self) -> Seal {
        Seal::new(self.seal_key.iter().cloned())
    }
}

/// A time, or none at all.
fn wait(text: &str) -> Result<Duration, String> {
    match text {
        "0" | "0s" => Ok(Duration::ZERO),
        text => time(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_may_be_nothing() {
        assert_eq!(wait("0s"), Ok(Duration::ZERO));
        assert_eq!(wait("5m"), Ok(Duration::from_secs(300)));
        assert!(wait("-1s").is_err());
    }
}
