//! Spans for an OpenTelemetry collector, as the `OTEL_*` variables say.

use std::env;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use super::Failure;

/// What this program calls itself where nobody says otherwise.
const SERVICE: &str = "marquetry";
/// Any of these says where the collector is.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// Sends what is left when it goes.
#[derive(Debug)]
pub(super) struct Sending(SdkTracerProvider);

impl Drop for Sending {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            super::terminal::complain(&format!("the last spans could not be sent: {error}"));
        }
    }
}

/// Spans go to the collector that the environment names; `None` when it names none.
pub(super) fn layer<S>() -> Result<Option<(OpenTelemetryLayer<S, SdkTracer>, Sending)>, Failure>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    if ENDPOINTS.iter().all(|name| env::var_os(name).is_none()) {
        return Ok(None);
    }
    marquetry_egress::choose_tls();
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
    let resource = match env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => Resource::builder().build(),
        None => Resource::builder().with_service_name(SERVICE).build(),
    };
    // The sampler and the sizes of batches are read from the environment by the provider itself.
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE));
    Ok(Some((layer, Sending(provider))))
}
