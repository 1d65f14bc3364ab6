//! The stored form of new words.

use marquetry_model::{Rewording, TextFit, TextStyle, Words};
use marquetry_pixel::Rgb;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::scalar::parse;
use super::spec::{addresses, paths};

#[derive(Serialize, Deserialize)]
pub(super) struct TextForm {
    slot: String,
    addresses: Vec<Vec<u32>>,
    words: WordsForm,
    fit: FitForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WordsForm {
    Plain {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        font: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        font_size: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        colour: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stroke_colours: Vec<Option<String>>,
    },
    Segments(Vec<(u32, String)>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FitForm {
    Overflow,
    Shrink,
    Clip,
}

impl TextForm {
    pub(super) fn of(text: &Rewording) -> Self {
        let words = match &text.words {
            Words::Plain { text, style } => WordsForm::Plain {
                text: text.clone(),
                font: style.font.clone(),
                font_size: style.font_size,
                colour: style.colour.map(|colour| colour.to_string()),
                stroke_colours: style
                    .stroke_colours
                    .iter()
                    .map(|colour| colour.map(|colour| colour.to_string()))
                    .collect(),
            },
            Words::Segments(segments) => WordsForm::Segments(segments.clone()),
        };
        Self {
            slot: text.slot.to_string(),
            addresses: paths(&text.addresses),
            words,
            fit: match text.fit {
                TextFit::Overflow => FitForm::Overflow,
                TextFit::Shrink => FitForm::Shrink,
                TextFit::Clip => FitForm::Clip,
            },
        }
    }

    pub(super) fn back(self) -> Result<Rewording, Problem> {
        let colour = |colour: Option<String>| colour.map(|colour| Rgb::from_hex(&colour)).transpose();
        let words = match self.words {
            WordsForm::Plain {
                text,
                font,
                font_size,
                colour: fill,
                stroke_colours,
            } => Words::Plain {
                text,
                style: TextStyle {
                    font,
                    font_size,
                    colour: colour(fill)?,
                    stroke_colours: stroke_colours.into_iter().map(colour).collect::<Result<_, _>>()?,
                },
            },
            WordsForm::Segments(segments) => Words::Segments(segments),
        };
        Ok(Rewording {
            slot: parse("slot", &self.slot)?,
            addresses: addresses(self.addresses),
            words,
            fit: match self.fit {
                FitForm::Overflow => TextFit::Overflow,
                FitForm::Shrink => TextFit::Shrink,
                FitForm::Clip => TextFit::Clip,
            },
        })
    }
}
