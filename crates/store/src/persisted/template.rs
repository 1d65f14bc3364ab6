//! The records of templates and of what is made from them.

use marquetry_job::Timestamp;
use marquetry_model::{
    About, AssetKind, ContentHash, Design, DesignGroup, Handle, Layout, Pinned, Published, Template,
    TemplateAsset, TenantId, Version,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::scalar::parse;
use super::{Problem, V, known, moment, read, write};
use crate::{Noun, Record, RecordKind, StoreError};

/// A form with its version beside it.
#[derive(Serialize, Deserialize)]
struct Versioned<F> {
    v: u32,
    #[serde(flatten)]
    form: F,
}

/// The form of a record.
///
/// # Errors
/// [`StoreError::Unreadable`], which names the record.
pub(super) fn unfold<F: DeserializeOwned, T>(
    record: &Record,
    noun: impl FnOnce(F) -> Result<T, Problem>,
) -> Result<T, StoreError> {
    let unfolded = || {
        let Versioned { v, form } = read(&record.form)?;
        known(v)?;
        noun(form)
    };
    unfolded().map_err(|problem| problem.of(&record.id).in_a(record.kind.name()))
}

pub(super) fn fold<F: Serialize>(form: F) -> String {
    write(&Versioned { v: V, form })
}

/// What something refers to, as records state it.
fn referring(to: impl IntoIterator<Item = ContentHash>) -> Vec<String> {
    let mut refers: Vec<String> = to.into_iter().map(|hash| hash.to_string()).collect();
    refers.sort_unstable();
    refers.dedup();
    refers
}

/// Whose a record is, where it stands, and when it changed.
pub(super) struct Place<'n> {
    pub(super) tenant: TenantId,
    pub(super) id: &'n dyn std::fmt::Display,
    pub(super) version: Version,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Place<'_> {
    pub(super) fn record<N: Noun>(self, refers: Vec<String>, form: impl Serialize) -> Record {
        Record {
            tenant: self.tenant,
            kind: N::KIND,
            id: self.id.to_string(),
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            refers,
            form: fold(form),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct TemplateForm {
    name: String,
    draft: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published: Option<PublishedForm>,
}

#[derive(Serialize, Deserialize)]
struct PublishedForm {
    revision: u32,
    layout: String,
    at: i64,
}

impl Noun for Template {
    const KIND: RecordKind = RecordKind::Template;

    fn record(&self) -> Record {
        let published = self.published.map(|published| published.layout);
        let place = Place {
            tenant: self.tenant,
            id: &self.id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        place.record::<Self>(
            referring(published.into_iter().chain([self.draft])),
            TemplateForm {
                name: self.name.clone(),
                draft: self.draft.to_string(),
                published: self.published.map(|published| PublishedForm {
                    revision: published.revision,
                    layout: published.layout.to_string(),
                    at: published.at.as_micros(),
                }),
            },
        )
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: TemplateForm| {
            let published = |form: PublishedForm| {
                Ok::<_, Problem>(Published {
                    revision: form.revision,
                    layout: parse("layout", &form.layout)?,
                    at: moment(form.at),
                })
            };
            Ok(Self {
                tenant: record.tenant,
                id: parse("template", &record.id)?,
                name: form.name,
                draft: parse("layout", &form.draft)?,
                published: form.published.map(published).transpose()?,
                version: record.version,
                created_at: record.created_at,
                updated_at: record.updated_at,
            })
        })
    }
}

#[derive(Serialize, Deserialize)]
struct LayoutForm {
    json: String,
}

impl Noun for Layout {
    const KIND: RecordKind = RecordKind::Layout;

    fn record(&self) -> Record {
        // Nobody is shown its version, and its age counts from when it was last put.
        let place = Place {
            tenant: self.tenant,
            id: &self.content,
            version: Version::FIRST,
            created_at: self.at,
            updated_at: self.at,
        };
        let json = self.json.clone();
        place.record::<Self>(Vec::new(), LayoutForm { json })
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: LayoutForm| {
            Ok(Self {
                tenant: record.tenant,
                content: parse("layout", &record.id)?,
                json: form.json,
                at: record.updated_at,
            })
        })
    }
}

#[derive(Serialize, Deserialize)]
struct DesignForm {
    pinned: PinnedForm,
    fields: String,
    #[serde(default)]
    about: AboutForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    team: Option<String>,
}

/// A revision of a template.
#[derive(Serialize, Deserialize)]
pub(super) struct PinnedForm {
    template: String,
    revision: u32,
    layout: String,
}

/// Whom or what a render is for.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AboutForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    player: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_event_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_event_code: Option<String>,
}

impl PinnedForm {
    pub(super) fn of(pinned: &Pinned) -> Self {
        Self {
            template: pinned.template.to_string(),
            revision: pinned.revision,
            layout: pinned.layout.to_string(),
        }
    }

    pub(super) fn back(&self) -> Result<Pinned, Problem> {
        Ok(Pinned {
            template: parse("template", &self.template)?,
            revision: self.revision,
            layout: parse("layout", &self.layout)?,
        })
    }
}

impl AboutForm {
    pub(super) fn of(about: &About) -> Self {
        let About {
            player,
            name,
            folder,
            main_event_code,
            destination_event_code,
        } = about.clone();
        Self {
            player,
            name,
            folder,
            main_event_code,
            destination_event_code,
        }
    }

    pub(super) fn back(self) -> About {
        About {
            player: self.player,
            name: self.name,
            folder: self.folder,
            main_event_code: self.main_event_code,
            destination_event_code: self.destination_event_code,
        }
    }
}

impl Noun for Design {
    const KIND: RecordKind = RecordKind::Design;

    fn record(&self) -> Record {
        let place = Place {
            tenant: self.tenant,
            id: &self.id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        place.record::<Self>(
            referring([self.pinned.layout]),
            DesignForm {
                pinned: PinnedForm::of(&self.pinned),
                fields: self.fields.clone(),
                about: AboutForm::of(&self.about),
                team: self.team.clone(),
            },
        )
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: DesignForm| {
            Ok(Self {
                tenant: record.tenant,
                id: parse("design", &record.id)?,
                pinned: form.pinned.back()?,
                fields: form.fields,
                about: form.about.back(),
                team: form.team,
                version: record.version,
                created_at: record.created_at,
                updated_at: record.updated_at,
            })
        })
    }
}

#[derive(Serialize, Deserialize)]
struct GroupForm {
    name: String,
    templates: Vec<String>,
}

impl Noun for DesignGroup {
    const KIND: RecordKind = RecordKind::DesignGroup;

    fn record(&self) -> Record {
        let place = Place {
            tenant: self.tenant,
            id: &self.id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        place.record::<Self>(
            Vec::new(),
            GroupForm {
                name: self.name.clone(),
                templates: self.templates.iter().map(Handle::to_string).collect(),
            },
        )
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: GroupForm| {
            Ok(Self {
                tenant: record.tenant,
                id: parse("design group", &record.id)?,
                name: form.name,
                templates: form
                    .templates
                    .iter()
                    .map(|template| parse("template", template))
                    .collect::<Result<_, _>>()?,
                version: record.version,
                created_at: record.created_at,
                updated_at: record.updated_at,
            })
        })
    }
}

#[derive(Serialize, Deserialize)]
struct AssetForm {
    kind: String,
    name: String,
    content: String,
    bytes: u64,
}

impl Noun for TemplateAsset {
    const KIND: RecordKind = RecordKind::Asset;

    fn record(&self) -> Record {
        // It never changes.
        let place = Place {
            tenant: self.tenant,
            id: &self.id,
            version: Version::FIRST,
            created_at: self.created_at,
            updated_at: self.created_at,
        };
        place.record::<Self>(
            referring([self.content]),
            AssetForm {
                kind: self.kind.name().to_owned(),
                name: self.name.clone(),
                content: self.content.to_string(),
                bytes: self.bytes,
            },
        )
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: AssetForm| {
            let kind = AssetKind::ALL.into_iter().find(|kind| kind.name() == form.kind);
            Ok(Self {
                tenant: record.tenant,
                id: parse("asset", &record.id)?,
                kind: kind.ok_or_else(|| Problem(format!("it is a {:?}", form.kind)))?,
                name: form.name,
                content: parse("content", &form.content)?,
                bytes: form.bytes,
                created_at: record.created_at,
            })
        })
    }
}
