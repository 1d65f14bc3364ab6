//! Design groups.

use marquetry_model::{DesignGroup, Handle};
use serde::Serialize;

use crate::Answer;

/// One group, with the status that fits: 200 as it is, 201 when it was made just now.
pub fn group(status: u16, group: &DesignGroup) -> Answer {
    Answer::json(status, &GroupForm::of(group))
}

/// 200: a page of groups, newest first.
pub fn groups(groups: &[DesignGroup], next: Option<String>) -> Answer {
    Answer::json(
        200,
        &GroupsForm {
            design_groups: groups.iter().map(GroupForm::of).collect(),
            next_cursor: next,
        },
    )
}

#[derive(Serialize)]
struct GroupsForm<'a> {
    design_groups: Vec<GroupForm<'a>>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct GroupForm<'a> {
    id: &'a str,
    name: &'a str,
    template_ids: Vec<&'a str>,
}

impl<'a> GroupForm<'a> {
    fn of(group: &'a DesignGroup) -> Self {
        Self {
            id: group.id.as_str(),
            name: &group.name,
            template_ids: group.templates.iter().map(Handle::as_str).collect(),
        }
    }
}
