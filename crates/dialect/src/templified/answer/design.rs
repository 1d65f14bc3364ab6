//! Designs: the working copies of templates.

use marquetry_model::Design;
use serde::Serialize;
use serde_json::Value;

use crate::templified::design_id;
use crate::{Answer, iso8601};

/// 201: a design was made, and nothing was rendered.
pub fn created_design(design: &Design) -> Answer {
    Answer::json(201, &Created::of(design))
}

/// 200: one design, with its values.
pub fn design(design: &Design) -> Answer {
    Answer::json(200, &DesignForm::of(design))
}

/// 200: a page of designs, newest first.
pub fn designs(designs: &[Design], next: Option<String>) -> Answer {
    Answer::json(
        200,
        &DesignsForm {
            designs: designs.iter().map(DesignForm::of).collect(),
            next_cursor: next,
        },
    )
}

#[derive(Serialize)]
struct Created<'a> {
    instance_id: String,
    template_id: &'a str,
    name: Option<&'a str>,
    edit_url: String,
    created_at: String,
}

impl<'a> Created<'a> {
    fn of(design: &'a Design) -> Self {
        let id = design_id(design.id);
        Self {
            template_id: design.pinned.template.as_str(),
            name: design.about.name.as_deref(),
            // There is no application to edit it in; this is where its values are read and changed.
            edit_url: format!("/api/v1/studio/{id}"),
            created_at: iso8601(design.created_at),
            instance_id: id,
        }
    }
}

#[derive(Serialize)]
struct DesignsForm<'a> {
    designs: Vec<DesignForm<'a>>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct DesignForm<'a> {
    #[serde(flatten)]
    created: Created<'a>,
    template_revision: u32,
    player_id: Option<&'a str>,
    folder: Option<&'a str>,
    main_event_code: Option<&'a str>,
    destination_event_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_key: Option<&'a str>,
    fields: Option<Value>,
    updated_at: String,
}

impl<'a> DesignForm<'a> {
    fn of(design: &'a Design) -> Self {
        let about = &design.about;
        Self {
            created: Created::of(design),
            template_revision: design.pinned.revision,
            player_id: about.player.as_deref(),
            folder: about.folder.as_deref(),
            main_event_code: about.main_event_code.as_deref(),
            destination_event_code: about.destination_event_code.as_deref(),
            team_key: design.team.as_deref(),
            // Kept as they came, after they were found to be right.
            fields: serde_json::from_str(&design.fields).ok(),
            updated_at: iso8601(design.updated_at),
        }
    }
}
