//! `/studio/create/team`: players take the slots of a team layout.

use marquetry_dialect::templified::{Problem, answer, request};
use marquetry_model::About;
use marquetry_service::{Authenticated, SeatRequest, TeamDesign};

use super::{Told as _, idempotency_key, terms, values};
use crate::call::Call;
use crate::reply::Reply;

/// 200 with the slot, or 202 with the slot and a render of the design as it is now.
pub(crate) async fn seat(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let key = idempotency_key(&call)?;
    let (app, seating) = values(call, request::seating).await?;
    let terms = terms(&app, &caller, seating.then, key).await?;
    let request = SeatRequest {
        design: match seating.design {
            request::TeamDesign::There(id) => TeamDesign::There(id),
            request::TeamDesign::Of { template, team } => TeamDesign::Of { template, team },
        },
        player: seating.player,
        fields: seating.fields,
        shared: seating.shared,
    };
    let _pass = match seating.render {
        true => Some(app.gate.enter().await?),
        false => None,
    };
    let seat = app.service.seat_player(caller.tenant, request).await.told()?;
    let told = answer::Seat {
        design: seat.design.id,
        slot: seat.slot,
        filled: seat.filled,
        slots: seat.slots,
    };
    if !seating.render {
        return Ok(answer::seated(&told).into());
    }
    let submitted = app
        .service
        .submit_design(caller.tenant, told.design, About::default(), terms)
        .await
        .told()?;
    Ok(answer::seated_and_accepted(&told, submitted.job()).into())
}
