//! `/studio/{id}/export/...`: a design is rendered and sent. The destinations are called as the routes are; one that is
//! not set up is refused by its name, before anybody looks for the design.

use marquetry_dialect::templified::request::{self, Afterwards, Export, ExportTo};
use marquetry_dialect::templified::{Problem, answer, design_of};
use marquetry_model::Handle;
use marquetry_service::{Authenticated, Recipient, SendRequest, ServiceError, Terms};

use super::{Told as _, idempotency_key, sent, terms, values};
use crate::call::Call;
use crate::reply::Reply;

/// 403: the partner's service takes nothing from here.
pub(crate) async fn gfcrew(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::no_destination("GFcrew"))
}

/// 202, to the destination `dropbox`.
pub(crate) async fn dropbox(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let missing = || Problem::no_destination("Dropbox");
    export(call, caller, request::export_dropbox, missing).await
}

/// 202, to the destination `webhook`.
pub(crate) async fn webhook(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let missing = || Problem::no_destination("webhook");
    export(call, caller, request::export_webhook, missing).await
}

/// 202, to every destination of a preset.
pub(crate) async fn preset(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    export(call, caller, request::export_preset, Problem::preset_not_found).await
}

/// Renders the design and sends it, or says that the recipient is `missing`.
async fn export(
    call: Call,
    caller: Authenticated,
    read: fn(&[u8]) -> Result<Export, Problem>,
    missing: fn() -> Problem,
) -> Result<Reply, Problem> {
    let key = idempotency_key(&call)?;
    let design = design_of(call.gap("id")).ok_or_else(Problem::design_not_found)?;
    let (app, export) = values(call, read).await?;
    let send_to = send_request(export.to).ok_or_else(missing)?;
    let terms = Terms {
        send_to: Some(send_to),
        ..terms(&app, &caller, Afterwards::default(), key).await?
    };
    let _pass = app.gate.enter().await?;
    let submitted = app
        .service
        .submit_design(caller.tenant, design, export.about, terms)
        .await;
    match submitted {
        Err(ServiceError::RecipientNotFound { .. }) => Err(missing()),
        submitted => Ok(answer::exported(submitted.told()?.job()).into()),
    }
}

/// Where an export goes.
fn send_request(to: ExportTo) -> Option<SendRequest> {
    let named = |name: &str| name.parse::<Handle>().ok().map(Recipient::Destination);
    Some(match to {
        ExportTo::Webhook => sent(named("webhook")?),
        ExportTo::Preset(id) => sent(Recipient::Preset(id)),
        ExportTo::Dropbox {
            folder_path,
            file_name,
        } => SendRequest {
            folder: folder_path,
            file_name,
            ..sent(named("dropbox")?)
        },
    })
}
