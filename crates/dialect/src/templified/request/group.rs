//! Design groups: made by hand, and produced together.

use std::collections::HashSet;

use marquetry_model::{About, Handle};

use super::order::afterwards;
use super::{Afterwards, LONGEST_NAME, NoSuch, from_json, id, own_id, subject, values, web_address};
use crate::field::Absent;
use crate::templified::Problem;

/// The most templates of a group.
const MOST_TEMPLATES: usize = 100;

/// A group as its owner wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDraft {
    /// Its name, if the owner chose one.
    pub id: Option<Handle>,
    /// What people call it.
    pub name: String,
    /// The templates, in order, none twice.
    pub templates: Vec<Handle>,
}

/// Every template of a group is to be rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupOrder {
    /// The group.
    pub group: Handle,
    /// The values for each template, a JSON object; a template ignores what it has no field for.
    pub fields: String,
    /// Whom or what it is for.
    pub about: About,
    /// What is to happen when each is made.
    pub then: Afterwards,
    /// An address that wants to hear when all have ended.
    pub batch_callback: Option<String>,
}

/// Reads the body of `POST /design-groups`.
///
/// # Errors
/// 400 with every wrong member; 404 for a template whose id none can have.
pub fn group(body: &[u8]) -> Result<GroupDraft, Problem> {
    let (own, name, templates) = from_json(body, Absent::IsWrong, |root| {
        let own = own_id(root).and_then(|own| match own {
            // This is where groups are produced.
            Some(handle) if handle.as_str() == "create" => root
                .field("id")
                .need(|value| value.refuse("id", "cannot be \"create\"")),
            own => Some(own),
        });
        let name = root
            .field("name")
            .need(|name| name.string(1..=LONGEST_NAME).map(str::to_owned));
        let mut seen = HashSet::new();
        let templates = root.field("template_ids").need(|list| {
            list.each(1..=MOST_TEMPLATES, |entry| {
                let named = id(&entry)?;
                match &named {
                    Ok(handle) if !seen.insert(handle.clone()) => entry.refuse("twice", "stands here twice"),
                    _ => Some(named),
                }
            })
        });
        Some((own?, name?, templates?))
    })?;
    let templates: Result<Vec<Handle>, NoSuch> = templates.into_iter().collect();
    Ok(GroupDraft {
        id: own,
        name,
        templates: templates.map_err(|NoSuch| Problem::template_not_found())?,
    })
}

/// Reads the body of `POST /design-groups/create`.
///
/// # Errors
/// 400 with every wrong member; 404 for a group whose id none can have.
pub fn group_order(body: &[u8]) -> Result<GroupOrder, Problem> {
    let (group, fields, about, then, batch_callback) = from_json(body, Absent::IsWrong, |root| {
        let group = root.field("design_group_id").need(|value| id(&value));
        let fields = values(root, "fields");
        let about = subject(root);
        let then = afterwards(root);
        let batch = root.field("batch_webhook_url").maybe(|url| web_address(&url));
        Some((group?, fields?, about?, then?, batch?))
    })?;
    Ok(GroupOrder {
        group: group.map_err(|NoSuch| Problem::design_group_not_found())?,
        fields,
        about,
        batch_callback: batch_callback.or_else(|| then.callback.clone()),
        then,
    })
}
