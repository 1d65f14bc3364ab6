//! What a caller asks for, checked by itself but not yet looked up: ids are as the caller named them, and
//! bytes are still in hand. `service` resolves a [`RenderRequest`] against the catalogue of its mockup and
//! puts the bytes away; what comes of that is a [`crate::RenderSpec`].

use marquetry_job::{Health, Timestamp};
use marquetry_pixel::Rgb;

use crate::{
    Adjustments, ColourOverlay, Endpoint, EventNaming, EventType, Export, LayerId, MockupId, Placement,
};

/// A render as a caller asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderRequest {
    /// The mockup.
    pub mockup: MockupId,
    /// What goes into which smart objects; no smart object is named twice.
    pub changes: Vec<RequestedChange>,
    /// Which texts are replaced; no text layer is named twice.
    pub texts: Vec<TextChange>,
    /// Layers to leave out, without repeats; at most [`crate::RenderSpec::MOST_HIDDEN`].
    pub hidden: Vec<LayerId>,
    /// The file to make.
    pub export: Export,
    /// A prefix for the name of the file. 1 to 100 characters.
    pub label: Option<String>,
}

/// What is to happen to one smart object.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestedChange {
    /// The smart object.
    pub slot: LayerId,
    /// The picture that replaces its contents. There is a picture or a colour, or both.
    pub asset: Option<RequestedAsset>,
    /// How the picture lies in the frame; tiles have a size.
    pub placement: Placement,
    /// A colour over the picture, or in the whole frame when there is no picture.
    pub colour: Option<ColourOverlay>,
    /// Tuning of the picture before it enters the frame.
    pub adjustments: Adjustments,
}

/// An asset as a caller brings it.
#[derive(Clone, PartialEq, Eq)]
pub enum RequestedAsset {
    /// An http or https address of the caller's choice; opened by `egress` only.
    Url(String),
    /// The bytes themselves, at least one. What they are is for `codec` to find out.
    Bytes(Vec<u8>),
}

impl std::fmt::Debug for RequestedAsset {
    /// Says how many bytes there are, not which.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => f.debug_tuple("Url").field(url).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} of them)", bytes.len()),
        }
    }
}

/// New words for one text layer.
#[derive(Clone, Debug, PartialEq)]
pub struct TextChange {
    /// The text layer.
    pub layer: LayerId,
    /// The words.
    pub words: Words,
    /// What happens when they are longer than what was there.
    pub fit: TextFit,
}

/// The words of a text layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Words {
    /// The whole text in one style.
    Plain {
        /// The text, 1 to 500 characters.
        text: String,
        /// How it differs from the style it had.
        style: TextStyle,
    },
    /// Some of the differently styled runs, each in the style it has: index and text of 1 to 200 characters.
    /// One to 32 of them, no index twice.
    Segments(Vec<(u32, String)>),
}

/// How a text is to differ from the style it had.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextStyle {
    /// The id of a font, or its PostScript name.
    pub font: Option<String>,
    /// The size of the type in pixels of the document, more than 0 and at most 2000.
    pub font_size: Option<f64>,
    /// The colour.
    pub colour: Option<Rgb>,
    /// Colours of the outlines, front to back; `None` leaves that outline as it is. At most 8.
    pub stroke_colours: Vec<Option<Rgb>>,
}

/// What happens when new words are longer than what was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextFit {
    /// They run past the old bounds.
    #[default]
    Overflow,
    /// They get smaller until they fit.
    Shrink,
    /// They are cut at the old bounds.
    Clip,
}

/// An endpoint as a caller asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointDraft {
    /// The address.
    pub url: String,
    /// What its owner wrote about it. At most 255 characters.
    pub description: Option<String>,
    /// Which events it hears of; none listed means all.
    pub event_types: Vec<EventType>,
    /// Which spelling of the photo events it wants.
    pub naming: EventNaming,
}

/// What is to change about an endpoint; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointChange {
    /// Another address.
    pub url: Option<String>,
    /// Another description; `Some(None)` takes it away.
    pub description: Option<Option<String>>,
    /// Other events.
    pub event_types: Option<Vec<EventType>>,
    /// The other spelling.
    pub naming: Option<EventNaming>,
    /// Whether anything is sent.
    pub enabled: Option<bool>,
}

impl EndpointChange {
    /// The endpoint with the change made at `now`, one version on.
    #[must_use]
    pub fn apply(self, endpoint: Endpoint, now: Timestamp) -> Endpoint {
        Endpoint {
            url: self.url.unwrap_or(endpoint.url),
            description: self.description.unwrap_or(endpoint.description),
            event_types: self.event_types.unwrap_or(endpoint.event_types),
            naming: self.naming.unwrap_or(endpoint.naming),
            enabled: self.enabled.unwrap_or(endpoint.enabled),
            // Whoever enables an endpoint gives it a fresh start; whoever disables one has made it their wish.
            disabled: endpoint.disabled.filter(|_| self.enabled.is_none()),
            health: if self.enabled == Some(true) {
                Health::Well
            } else {
                endpoint.health
            },
            updated_at: Some(now.max(endpoint.created_at)),
            version: endpoint.version.next(),
            id: endpoint.id,
            tenant: endpoint.tenant,
            secret: endpoint.secret,
            former_secrets: endpoint.former_secrets,
            dialect: endpoint.dialect,
            created_at: endpoint.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DialectName, EndpointId, Secret, TenantId, Version};

    #[test]
    fn a_change_touches_only_what_it_names() {
        let endpoint = Endpoint {
            id: EndpointId::from_random([1; 16]),
            tenant: TenantId::from_random([2; 16]),
            url: "https://example.com/a".into(),
            secret: Secret::new("s"),
            former_secrets: vec![],
            description: Some("old".into()),
            event_types: vec![EventType::RenderFailed],
            naming: EventNaming::Legacy,
            dialect: DialectName::new("plain").unwrap(),
            enabled: true,
            disabled: None,
            health: Health::Well,
            created_at: Timestamp::from_micros(5),
            updated_at: None,
            version: Version::FIRST,
        };
        let now = Timestamp::from_micros(9);
        let off = EndpointChange {
            enabled: Some(false),
            description: Some(None),
            ..EndpointChange::default()
        };
        let expected = Endpoint {
            enabled: false,
            description: None,
            updated_at: Some(now),
            version: Version(2),
            ..endpoint.clone()
        };
        assert_eq!(off.apply(endpoint, now), expected);
    }

    #[test]
    fn bytes_do_not_print() {
        assert_eq!(
            format!("{:?}", RequestedAsset::Bytes(vec![1, 2])),
            "Bytes(2 of them)"
        );
    }
}
