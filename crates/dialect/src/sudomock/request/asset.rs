//! One entry of `smart_objects`: an asset, how it lies, a colour, and tuning.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use marquetry_model::{
    Adjustments, BoxSize, ColourOverlay, Fit, Flip, Placement, Position, RequestedAsset, RequestedChange,
    Tile, Within,
};
use marquetry_pixel::{BlendMode, Rgb};

use super::{LONGEST_URL, is_web_address, layer_id};
use crate::field::{Field, Object, Present};
use crate::sudomock::Code;

const FITS: &[(&str, Fit)] = &[
    ("fill", Fit::Fill),
    ("contain", Fit::Contain),
    ("cover", Fit::Cover),
    // Newer spellings of the two above.
    ("fit", Fit::Contain),
    ("crop", Fit::Cover),
];

/// Clients pad or do not pad; both are read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn change(entry: &Present<'_, Code>) -> Option<RequestedChange> {
    let entry = entry.object()?;
    let slot = entry.field("uuid").need(|id| layer_id(&id));
    let asset = entry.field("asset").maybe(|asset| asset_and_placement(&asset));
    let colour = entry.field("color").maybe(|colour| overlay(&colour));
    let adjustments = entry
        .field("adjustment_layers")
        .or(Adjustments::default(), |layers| adjustments(&layers));
    if !entry.has("asset") && !entry.has("color") {
        return entry.rule("", None, "needs an asset or a color");
    }
    let (asset, placement) = match asset? {
        Some((asset, placement)) => (Some(asset), placement),
        None => (None, Placement::default()),
    };
    Some(RequestedChange {
        slot: slot?,
        asset,
        placement,
        colour: colour?,
        adjustments: adjustments?,
    })
}

fn asset_and_placement(value: &Present<'_, Code>) -> Option<(RequestedAsset, Placement)> {
    let asset = value.object()?;
    let source = source(&asset);
    let placement = placement(&asset);
    if asset
        .field("remove_background")
        .or(false, |flag| flag.boolean())?
    {
        return asset.rule(
            "remove_background",
            Some(Code::BackgroundRemovalUnavailable),
            "is not available on this server",
        );
    }
    Some((source?, placement?))
}

/// `base64` wins over `url`, which is then not even looked at. An empty one counts as absent: forms send it
/// beside a URL.
fn source(asset: &Object<'_, Code>) -> Option<RequestedAsset> {
    if asset
        .field("base64")
        .or(false, |base64| Some(!base64.is_empty_text()))?
    {
        return asset.field("base64").need(|base64| {
            // Some clients send a whole data URL here.
            let text = base64.text()?;
            let bytes = if starts_with_data(text) {
                data_url(text)
            } else {
                decode(text)
            };
            asset_bytes(&base64, bytes)
        });
    }
    asset.field("url").need(|url| {
        let text = url.text()?.trim();
        if starts_with_data(text) {
            return asset_bytes(&url, data_url(text));
        }
        let text = url.string(1..=LONGEST_URL)?.trim();
        match is_web_address(text) {
            true => Some(RequestedAsset::Url(text.to_owned())),
            false => url.refuse("url_parsing", "should be an http, https or data URL"),
        }
    })
}

fn asset_bytes(value: &Present<'_, Code>, bytes: Option<Vec<u8>>) -> Option<RequestedAsset> {
    match bytes {
        Some(bytes) if !bytes.is_empty() => Some(RequestedAsset::Bytes(bytes)),
        Some(_) => value.refuse("value_error", "should hold at least one byte"),
        None => value.refuse("base64_invalid", "should be base64"),
    }
}

fn starts_with_data(text: &str) -> bool {
    text.get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// `data:image/png;base64,...`, or percent-encoded without `;base64`.
fn data_url(text: &str) -> Option<Vec<u8>> {
    let (head, body) = text.get(5..)?.split_once(',')?;
    if head
        .to_ascii_lowercase()
        .split(';')
        .any(|part| part.trim() == "base64")
    {
        // Some encoders escape `+`, `/` and `=`.
        if body.contains('%') {
            decode(std::str::from_utf8(&unescape(body)).ok()?)
        } else {
            decode(body)
        }
    } else {
        Some(unescape(body))
    }
}

/// Base64 with or without padding and line breaks.
fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = text.trim().as_bytes();
    if bytes.iter().any(u8::is_ascii_whitespace) {
        let plain: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        return BASE64.decode(plain).ok();
    }
    BASE64.decode(bytes).ok()
}

/// Percent escapes to bytes; what is no escape stays as it is.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%')
            .then_some(after)
            .and_then(|after| after.get(..2))
            .and_then(|pair| {
                let text = std::str::from_utf8(pair)
                    .ok()
                    .filter(|text| !text.starts_with('+'))?;
                u8::from_str_radix(text, 16).ok()
            });
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

fn placement(asset: &Object<'_, Code>) -> Option<Placement> {
    let fit = asset.field("fit").or(Fit::Fill, |fit| fit.choice(FITS));
    let rotation = within_or(asset.field("rotate"), 0);
    let horizontal = asset.field("flip_horizontal").or(false, |flag| flag.boolean());
    let vertical = asset.field("flip_vertical").or(false, |flag| flag.boolean());
    let size = asset.field("size").maybe(|size| box_size(&size));
    let position = asset.field("position").maybe(|position| {
        let position = position.object()?;
        let top = position.field("top").or(0, |top| top.offset());
        let left = position.field("left").or(0, |left| left.offset());
        Some(Position {
            top: top?,
            left: left?,
        })
    });
    let tiled = asset.field("tile").or(false, |flag| flag.boolean());
    let spacing = within_or(asset.field("tile_spacing"), 0);
    if tiled == Some(true) && !asset.has("size") {
        asset.rule::<()>("tile", Some(Code::TileRequiresSize), "needs a size beside it");
        return None;
    }
    Some(Placement {
        fit: fit?,
        rotation: rotation?,
        flip: Flip {
            horizontal: horizontal?,
            vertical: vertical?,
        },
        size: size?,
        position: position?,
        tile: (tiled?).then_some(Tile { spacing: spacing? }),
    })
}

fn box_size(value: &Present<'_, Code>) -> Option<BoxSize> {
    let size = value.object()?;
    let width = size
        .field("width")
        .maybe(|width| width.count(1..=BoxSize::LONGEST));
    let height = size
        .field("height")
        .maybe(|height| height.count(1..=BoxSize::LONGEST));
    match BoxSize::new(width?, height?) {
        Ok(size) => Some(size),
        Err(_) => value.refuse("value_error", "should have a width, a height, or both"),
    }
}

fn overlay(value: &Present<'_, Code>) -> Option<ColourOverlay> {
    let colour = value.object()?;
    let hex = colour.field("hex").need(|hex| rgb(&hex));
    let blend = colour
        .field("blending_mode")
        .or(BlendMode::Normal, |mode| match mode.text()?.parse() {
            Ok(mode) => Some(mode),
            Err(_) => mode.refuse(
                "enum",
                "should be the name of a blend mode, such as multiply or color_burn",
            ),
        });
    Some(ColourOverlay {
        colour: hex?,
        blend: blend?,
    })
}

pub(super) fn rgb(value: &Present<'_, Code>) -> Option<Rgb> {
    match Rgb::from_hex(value.text()?.trim()) {
        Ok(colour) => Some(colour),
        Err(_) => value.refuse("string_pattern_mismatch", "should be a colour like #1A2B3C"),
    }
}

fn adjustments(value: &Present<'_, Code>) -> Option<Adjustments> {
    let layers = value.object()?;
    let brightness = within_or(layers.field("brightness"), 0);
    let contrast = within_or(layers.field("contrast"), 0);
    let saturation = within_or(layers.field("saturation"), 0);
    let vibrance = within_or(layers.field("vibrance"), 0);
    let opacity = within_or(layers.field("opacity"), 100);
    let blur = within_or(layers.field("blur"), 0);
    Some(Adjustments {
        brightness: brightness?,
        contrast: contrast?,
        saturation: saturation?,
        vibrance: vibrance?,
        blur: blur?,
        opacity: opacity?,
    })
}

/// A number within the range of its type, `default` when it is absent.
fn within_or<const LEAST: i32, const MOST: i32>(
    field: Field<'_, Code>,
    default: i32,
) -> Option<Within<LEAST, MOST>> {
    field.or(Within::clamped(default), |value| {
        Within::new("", value.number(f64::from(LEAST)..=f64::from(MOST))?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_urls_are_read_in_both_encodings() {
        assert_eq!(data_url("data:image/png;base64,AAEC"), Some(vec![0, 1, 2]));
        assert_eq!(data_url("DATA:;charset=x;BASE64,AA%3D%3D"), Some(vec![0]));
        assert_eq!(
            data_url("data:image/svg+xml,%3Csvg/%3e"),
            Some(b"<svg/>".to_vec())
        );
        assert_eq!(data_url("data:image/png;base64"), None);
        assert_eq!(data_url("data:;base64,@@"), None);
    }

    #[test]
    fn base64_is_read_with_and_without_padding_and_breaks() {
        for text in ["AAECAw==", "AAECAw", " AAEC\r\nAw==\n"] {
            assert_eq!(decode(text), Some(vec![0, 1, 2, 3]), "{text}");
        }
        assert_eq!(decode("A"), None);
    }

    #[test]
    fn a_stray_percent_sign_stays() {
        assert_eq!(unescape("100%"), b"100%");
        assert_eq!(unescape("%zz%+1%20"), b"%zz%+1 ");
    }
}
