//! `POST /studio/create/team`: one player takes a slot of a team layout.

use marquetry_model::{DesignId, Handle};

use super::order::afterwards;
use super::{Afterwards, LONGEST_CODE, NoSuch, from_json, id, values};
use crate::field::Absent;
use crate::templified::{Problem, design_of};

/// The team of calls that name none.
const DEFAULT_TEAM: &str = "default";

/// A player who takes a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Seating {
    /// In which design.
    pub design: TeamDesign,
    /// Who.
    pub player: String,
    /// The values of the slot, a JSON object.
    pub fields: String,
    /// Values outside the slots, a JSON object.
    pub shared: String,
    /// Whether the design is rendered afterwards.
    pub render: bool,
    /// What is to happen when that has ended.
    pub then: Afterwards,
}

/// Which design of a team is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamDesign {
    /// The one that is there.
    There(DesignId),
    /// The one of this template and team, which the first call makes.
    Of {
        /// The template.
        template: Handle,
        /// The team.
        team: String,
    },
}

/// Reads the body.
///
/// # Errors
/// 400 with every wrong member; 404 for a template or design whose id none can have.
pub fn seating(body: &[u8]) -> Result<Seating, Problem> {
    let (template, design, team, rest) = from_json(body, Absent::IsWrong, |root| {
        let design = root
            .field("instance_id")
            .maybe(|value| value.text().map(design_of));
        let template = if root.has("instance_id") {
            root.field("template_id").maybe(|value| id(&value))
        } else {
            root.field("template_id").need(|value| id(&value)).map(Some)
        };
        let team = root.field("team_key").or(DEFAULT_TEAM.to_owned(), |key| {
            key.string(1..=LONGEST_CODE).map(str::to_owned)
        });
        let player = root
            .field("player_id")
            .need(|player| player.string(1..=LONGEST_CODE).map(str::to_owned));
        let fields = root.field("fields").need(|values| values.object_as_json());
        let shared = values(root, "shared_fields");
        let render = root.field("render").or(false, |flag| flag.boolean());
        let then = afterwards(root);
        let rest = (player?, fields?, shared?, render?, then?);
        Some((template?, design?, team?, rest))
    })?;
    let (player, fields, shared, render, then) = rest;
    let design = match (design, template) {
        (Some(design), _) => TeamDesign::There(design.ok_or_else(Problem::design_not_found)?),
        (None, Some(Ok(template))) => TeamDesign::Of { template, team },
        (None, Some(Err(NoSuch)) | None) => return Err(Problem::template_not_found()),
    };
    Ok(Seating {
        design,
        player,
        fields,
        shared,
        render,
        then,
    })
}
