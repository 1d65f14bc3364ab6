//! Mockups: one in full, and many.

use marquetry_model::{Mockup, SmartObject, TextLayer, TextSegment};
use serde::Serialize;

use super::{Answer, Envelope, Number, WarningForm, warnings};
use crate::{Links, iso8601};

/// The width of the preview that stands for the whole mockup, in pixels.
const MAIN_PREVIEW: u32 = 720;

/// 200: one mockup with its warnings. Also what an upload that the caller waited for, and a rename, answer.
pub fn mockup(mockup: &Mockup, links: &Links) -> Answer {
    let warnings: Vec<WarningForm> = warnings(&mockup.warnings);
    let data = MockupForm::of(mockup, links);
    Answer::json(
        200,
        &Envelope {
            success: true,
            message: Some(""),
            warnings: Some(warnings),
            data,
        },
    )
}

/// 200: a page of mockups; `total` counts all that the filters let through, `limit` and `offset` are those asked.
pub fn mockups(mockups: &[Mockup], total: u64, limit: u32, offset: u64, links: &Links) -> Answer {
    let mockups = mockups
        .iter()
        .map(|mockup| MockupForm::of(mockup, links))
        .collect();
    Answer::json(
        200,
        &Envelope::of(MockupsForm {
            mockups,
            total,
            limit,
            offset,
        }),
    )
}

#[derive(Serialize)]
struct MockupsForm<'a> {
    mockups: Vec<MockupForm<'a>>,
    total: u64,
    limit: u32,
    offset: u64,
}

#[derive(Serialize)]
struct MockupForm<'a> {
    uuid: String,
    name: &'a str,
    thumbnail: String,
    width: u32,
    height: u32,
    created_at: String,
    updated_at: String,
    thumbnails: Vec<ThumbnailForm>,
    collections: [(); 0],
    smart_objects: Vec<SmartObjectForm<'a>>,
    text_layers: Vec<TextLayerForm<'a>>,
}

#[derive(Serialize)]
struct ThumbnailForm {
    width: u32,
    url: String,
}

#[derive(Serialize)]
struct SizeForm {
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct BoxForm {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct SmartObjectForm<'a> {
    uuid: String,
    name: &'a str,
    layer_name: &'a str,
    size: SizeForm,
    position: BoxForm,
    quad: Option<[[Number; 2]; 4]>,
    blend_mode: &'static str,
    visible: bool,
    instance_count: usize,
    print_area_presets: [PresetForm; 1],
    smart_objects: Vec<Self>,
    text_layers: Vec<TextLayerForm<'a>>,
}

/// The one preset there is: the whole frame. Its id is the smart object's own, so it lives as long.
#[derive(Serialize)]
struct PresetForm {
    uuid: String,
    name: &'static str,
    thumbnails: [(); 0],
    size: SizeForm,
    position: BoxForm,
}

#[derive(Serialize)]
struct TextLayerForm<'a> {
    uuid: String,
    name: &'a str,
    text_content: Option<&'a str>,
    font_postscript_name: Option<&'a str>,
    font_size: Option<Number>,
    color: Option<String>,
    font_available: Option<bool>,
    is_editable: bool,
    segment_count: usize,
    segments: Option<Vec<SegmentForm<'a>>>,
    visible: bool,
    has_stroke_effect: bool,
    stroke_count: u32,
    has_color_overlay: bool,
    has_clipped_artwork: bool,
    suggested_edit_together: Option<Vec<String>>,
}

#[derive(Serialize)]
struct SegmentForm<'a> {
    index: usize,
    text: &'a str,
    font_postscript_name: Option<&'a str>,
    font_size: Option<Number>,
    color: Option<String>,
}

impl<'a> MockupForm<'a> {
    fn of(mockup: &'a Mockup, links: &Links) -> Self {
        let thumbnails: Vec<ThumbnailForm> = mockup
            .thumbnails
            .iter()
            .map(|thumbnail| ThumbnailForm {
                width: thumbnail.width,
                url: links.file(&thumbnail.key),
            })
            .collect();
        let main = thumbnails
            .iter()
            .find(|thumbnail| thumbnail.width == MAIN_PREVIEW);
        Self {
            uuid: mockup.id.to_string(),
            name: &mockup.name,
            thumbnail: main.map(|thumbnail| thumbnail.url.clone()).unwrap_or_default(),
            width: mockup.size.width,
            height: mockup.size.height,
            created_at: iso8601(mockup.created_at),
            updated_at: iso8601(mockup.updated_at),
            thumbnails,
            collections: [],
            smart_objects: mockup
                .catalogue
                .smart_objects
                .iter()
                .map(SmartObjectForm::of)
                .collect(),
            text_layers: mockup
                .catalogue
                .text_layers
                .iter()
                .map(TextLayerForm::of)
                .collect(),
        }
    }
}

impl<'a> SmartObjectForm<'a> {
    fn of(object: &'a SmartObject) -> Self {
        let frame = || SizeForm {
            width: object.frame.width,
            height: object.frame.height,
        };
        let uuid = object.id.to_string();
        Self {
            name: &object.name,
            layer_name: object.layer_name.as_deref().unwrap_or(&object.name),
            size: frame(),
            position: BoxForm {
                x: object.bounds.x,
                y: object.bounds.y,
                width: object.bounds.width,
                height: object.bounds.height,
            },
            quad: object.quad.map(|quad| {
                quad.0
                    .map(|corner| [Number::from(corner.x), Number::from(corner.y)])
            }),
            blend_mode: object.blend.name(),
            visible: object.visible,
            instance_count: object.instance_count(),
            print_area_presets: [PresetForm {
                uuid: uuid.clone(),
                name: "Default",
                thumbnails: [],
                size: frame(),
                position: BoxForm {
                    x: 0,
                    y: 0,
                    width: object.frame.width,
                    height: object.frame.height,
                },
            }],
            smart_objects: object.smart_objects.iter().map(Self::of).collect(),
            text_layers: object.text_layers.iter().map(TextLayerForm::of).collect(),
            uuid,
        }
    }
}

impl<'a> TextLayerForm<'a> {
    fn of(text: &'a TextLayer) -> Self {
        let segment = |(index, segment): (usize, &'a TextSegment)| SegmentForm {
            index,
            text: &segment.text,
            font_postscript_name: segment.font.as_deref(),
            font_size: segment.font_size.map(Number::from),
            color: segment.colour.map(|colour| colour.to_string()),
        };
        Self {
            uuid: text.id.to_string(),
            name: &text.name,
            text_content: text.text.as_deref(),
            font_postscript_name: text.font.as_deref(),
            font_size: text.font_size.map(Number::from),
            color: text.colour.map(|colour| colour.to_string()),
            font_available: text.font_available,
            is_editable: text.editable,
            segment_count: text.segments.len().max(1),
            segments: (!text.segments.is_empty())
                .then(|| text.segments.iter().enumerate().map(segment).collect()),
            visible: text.visible,
            has_stroke_effect: text.stroke_count > 0,
            stroke_count: text.stroke_count,
            has_color_overlay: text.has_colour_overlay,
            has_clipped_artwork: text.has_clipped_artwork,
            suggested_edit_together: (!text.edit_together.is_empty())
                .then(|| text.edit_together.iter().map(ToString::to_string).collect()),
        }
    }
}
