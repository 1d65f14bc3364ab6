//! Templates with the fields that are derived from them, and the fonts and pictures that they refer to.

use marquetry_model::{Template, TemplateAsset};
use serde::Serialize;
use serde_json::Value;

use crate::{Answer, iso8601};

/// A template, with what its layout says.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateView {
    /// The template.
    pub template: Template,
    /// How many pages.
    pub pages: usize,
    /// The size of the first one in pixels.
    pub size: (u32, u32),
    /// Its fields: a list of objects.
    pub fields: Value,
}

/// 200: one template.
pub fn template(view: &TemplateView) -> Answer {
    Answer::json(200, &TemplateForm::of(view))
}

/// 201: a template was made.
pub fn created_template(view: &TemplateView) -> Answer {
    let location = format!("/api/v1/templates/{}", view.template.id);
    Answer::json(201, &TemplateForm::of(view)).with_header("Location", location)
}

/// 200: a page of templates, newest first.
pub fn templates(views: &[TemplateView], next: Option<String>) -> Answer {
    Answer::json(
        200,
        &TemplatesForm {
            templates: views.iter().map(TemplateForm::of).collect(),
            next_cursor: next,
        },
    )
}

/// 200: a layout as it was saved.
pub fn layout(json: String) -> Answer {
    Answer {
        status: 200,
        headers: vec![("Content-Type", "application/json".to_owned())],
        body: json.into_bytes(),
    }
}

#[derive(Serialize)]
struct TemplatesForm<'a> {
    templates: Vec<TemplateForm<'a>>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct TemplateForm<'a> {
    id: &'a str,
    name: &'a str,
    page_count: usize,
    width: u32,
    height: u32,
    /// No previews are kept.
    thumbnail_url: Option<()>,
    updated_at: String,
    fields: &'a Value,
    /// Which revision is drawn; null before the first is published.
    revision: Option<u32>,
    published_at: Option<String>,
    has_draft: bool,
}

impl<'a> TemplateForm<'a> {
    fn of(view: &'a TemplateView) -> Self {
        let template = &view.template;
        let published = template.published.as_ref();
        Self {
            id: template.id.as_str(),
            name: &template.name,
            page_count: view.pages,
            width: view.size.0,
            height: view.size.1,
            thumbnail_url: None,
            updated_at: iso8601(template.updated_at),
            fields: &view.fields,
            revision: published.map(|published| published.revision),
            published_at: published.map(|published| iso8601(published.at)),
            has_draft: published.is_none_or(|published| published.layout != template.draft),
        }
    }
}

/// One asset, with the status that fits: 200 as it is, 201 when it was made just now.
pub fn asset(status: u16, asset: &TemplateAsset) -> Answer {
    Answer::json(status, &AssetForm::of(asset))
}

/// 200: a page of assets, newest first.
pub fn assets(assets: &[TemplateAsset], next: Option<String>) -> Answer {
    Answer::json(
        200,
        &AssetsForm {
            assets: assets.iter().map(AssetForm::of).collect(),
            next_cursor: next,
        },
    )
}

#[derive(Serialize)]
struct AssetsForm<'a> {
    assets: Vec<AssetForm<'a>>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct AssetForm<'a> {
    id: &'a str,
    kind: &'static str,
    name: &'a str,
    bytes: u64,
    created_at: String,
}

impl<'a> AssetForm<'a> {
    fn of(asset: &'a TemplateAsset) -> Self {
        Self {
            id: asset.id.as_str(),
            kind: asset.kind.name(),
            name: &asset.name,
            bytes: asset.bytes,
            created_at: iso8601(asset.created_at),
        }
    }
}
