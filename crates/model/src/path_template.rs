//! Paths with gaps, under which files are put where they are sent: `{date}/{design}_{index}`. What comes out of one
//! never leads out of the folder that it begins in, whatever the gaps are filled with.

use std::fmt;

use crate::{About, Date, ModelError};

/// A path with gaps: parts with `/` between them, the last of which is the name of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    /// At least one, none of them empty.
    parts: Vec<Part>,
}

/// What stands between two slashes.
type Part = Vec<Piece>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Of(Variable),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Variable {
    MainEventCode,
    DestinationEventCode,
    Design,
    Folder,
    Date,
    Index,
    Layer(String),
}

/// What the gaps of a path are filled with.
#[derive(Clone, Copy)]
pub struct PathValues<'v> {
    /// What is known of the design.
    pub about: &'v About,
    /// The day, in UTC.
    pub day: Date,
    /// The place among those that are sent together, from 1.
    pub index: usize,
    /// The words of a layer, by its name.
    pub layer: &'v dyn Fn(&str) -> Option<&'v str>,
    /// What a file is called whose name would be empty. A plain name, such as ours are.
    pub nameless: &'v str,
    /// How its name ends, without the dot: `jpg`.
    pub extension: &'v str,
}

impl PathTemplate {
    /// The most characters of one.
    pub const LONGEST: usize = 1024;
    /// The most parts of one.
    pub const MOST_PARTS: usize = 16;
    /// The most bytes of a path that comes out of one.
    pub const LONGEST_PATH: usize = 1024;
    /// The most bytes of a part of what comes out.
    pub const LONGEST_PART: usize = 255;

    /// Reads one that was given as `field`. Slashes at its ends, and those that follow one another, do not count.
    ///
    /// # Errors
    /// [`ModelError`] with the field when it is empty or too long, has a variable that there is not, a brace without
    /// its fellow, a part `.` or `..`, or characters that no path should have.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, ModelError> {
        let parts = parts(field, text)?;
        if parts.is_empty() {
            return Err(ModelError::Empty { field });
        }
        Ok(Self { parts })
    }

    /// The same name of a file in another folder, which was given as `field`; an empty one, or `/`, is none.
    ///
    /// # Errors
    /// As [`Self::parse`], but that a folder may be empty.
    pub fn in_folder(mut self, field: &'static str, folder: &str) -> Result<Self, ModelError> {
        let mut parts = parts(field, folder)?;
        parts.extend(self.parts.pop());
        if parts.len() > Self::MOST_PARTS {
            return Err(too_many(field));
        }
        Ok(Self { parts })
    }

    /// Another name of a file, which was given as `field`, in the same folder.
    ///
    /// # Errors
    /// As [`Self::parse`], and when it has more than one part.
    pub fn called(mut self, field: &'static str, name: &str) -> Result<Self, ModelError> {
        let mut named = Self::parse(field, name)?;
        match (named.parts.pop(), named.parts.is_empty()) {
            (Some(name), true) => {
                self.parts.pop();
                self.parts.push(name);
                Ok(self)
            }
            _ => Err(ModelError::Malformed {
                field,
                expected: "the name of a file, without slashes",
            }),
        }
    }

    /// The path with its gaps filled: segments with `/` between them, none of them empty, `.` or `..`; at most
    /// [`Self::LONGEST_PATH`] bytes, each segment at most [`Self::LONGEST_PART`], the name with its extension.
    ///
    /// A variable that nothing is known of is empty, and a folder that is empty is left out. Slashes of either kind
    /// and characters that cannot be seen become `_` in what is filled in.
    pub fn resolve(&self, values: &PathValues<'_>) -> String {
        let mut filled: Vec<String> = self.parts.iter().map(|part| values.fill(part)).collect();
        let name = filled.pop().unwrap_or_default();
        filled.retain(|folder| !folder.is_empty());
        let (stem, ending) = split(&name, values.extension);
        let stem = match stem {
            "" => values.nameless,
            stem => stem,
        };
        let count = filled.len() + 1;
        let whole: usize = filled.iter().map(|folder| folder.len() + 1).sum();
        let fits = whole + stem.len() + ending.len() <= Self::LONGEST_PATH;
        // A path that is too long gives every part its share, so that none of them disappears.
        let most = match fits {
            true => Self::LONGEST_PART,
            false => (Self::LONGEST_PATH / count - 1).min(Self::LONGEST_PART),
        };
        let mut path = String::new();
        for folder in &filled {
            path.push_str(shortened(folder, most));
            path.push('/');
        }
        path.push_str(shortened(stem, most - ending.len()));
        path.push_str(&ending);
        path
    }
}

impl fmt::Debug for PathValues<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathValues")
            .field("day", &self.day)
            .field("index", &self.index)
            .field("extension", &self.extension)
            .finish_non_exhaustive()
    }
}

impl PathValues<'_> {
    /// A part with its gaps filled; empty when there is nothing to see of it.
    fn fill(&self, part: &[Piece]) -> String {
        let mut text = String::new();
        for piece in part {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Of(variable) => {
                    let value = self.value(variable);
                    text.extend(value.chars().map(|c| if is_fit(c) { c } else { '_' }));
                }
            }
        }
        let text = text.trim();
        // Two dots may well be what a layer says.
        if text.chars().all(|c| c == '.') {
            return "_".repeat(text.len());
        }
        text.to_owned()
    }

    fn value(&self, variable: &Variable) -> String {
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        match variable {
            Variable::MainEventCode => known(&self.about.main_event_code),
            Variable::DestinationEventCode => known(&self.about.destination_event_code),
            Variable::Design => known(&self.about.name),
            Variable::Folder => known(&self.about.folder),
            Variable::Date => self.day.to_string(),
            Variable::Index => format!("{:02}", self.index),
            Variable::Layer(name) => (self.layer)(name).unwrap_or_default().to_owned(),
        }
    }
}

impl Variable {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "main_event_code" => Self::MainEventCode,
            "destination_event_code" => Self::DestinationEventCode,
            "design" => Self::Design,
            "folder" => Self::Folder,
            "date" => Self::Date,
            "index" => Self::Index,
            other => Self::Layer(
                other
                    .strip_prefix("layer:")
                    .filter(|name| !name.is_empty())?
                    .into(),
            ),
        })
    }
}

/// Whether a character may stand in a part of a path. Those that turn the direction of what follows could make the end
/// of a name look like another.
fn is_fit(c: char) -> bool {
    !(c.is_control() || matches!(c, '/' | '\\' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

fn too_many(field: &'static str) -> ModelError {
    ModelError::TooLong {
        field,
        most: PathTemplate::MOST_PARTS,
    }
}

fn parts(field: &'static str, text: &str) -> Result<Vec<Part>, ModelError> {
    let malformed = |expected| ModelError::Malformed { field, expected };
    if text.chars().nth(PathTemplate::LONGEST).is_some() {
        return Err(ModelError::TooLong {
            field,
            most: PathTemplate::LONGEST,
        });
    }
    let mut parts: Vec<Part> = vec![Vec::new()];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            '{' => {
                let (name, after) = rest[1..].split_once('}').ok_or_else(unpaired(field))?;
                let variable = Variable::named(name).ok_or_else(|| ModelError::UnknownVariable {
                    field,
                    variable: name.chars().take(64).collect(),
                })?;
                last(&mut parts).push(Piece::Of(variable));
                rest = after;
            }
            '}' => return Err(unpaired(field)()),
            '/' => {
                parts.push(Vec::new());
                rest = &rest[1..];
            }
            c if !is_fit(c) => {
                return Err(malformed("a path without backslashes and control characters"));
            }
            _ => {
                let end = rest.find(|c| matches!(c, '{' | '}' | '/') || !is_fit(c));
                let (plain, after) = rest.split_at(end.unwrap_or(rest.len()));
                last(&mut parts).push(Piece::Text(plain.to_owned()));
                rest = after;
            }
        }
    }
    let is_blank = |part: &Part| match part.as_slice() {
        [] => true,
        [Piece::Text(text)] => text.trim().is_empty(),
        _ => false,
    };
    parts.retain(|part| !is_blank(part));
    let leads_elsewhere =
        |part: &Part| matches!(part.as_slice(), [Piece::Text(text)] if matches!(text.trim(), "." | ".."));
    if parts.iter().any(leads_elsewhere) {
        return Err(malformed("a path without . and .. as its parts"));
    }
    if parts.len() > PathTemplate::MOST_PARTS {
        return Err(too_many(field));
    }
    Ok(parts)
}

fn unpaired(field: &'static str) -> impl Fn() -> ModelError {
    move || ModelError::Malformed {
        field,
        expected: "a path in which every brace has its fellow",
    }
}

fn last(parts: &mut Vec<Part>) -> &mut Part {
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    let end = parts.len() - 1;
    &mut parts[end]
}

/// A name without its ending, and the ending, which is added where the name lacks it.
fn split<'n>(name: &'n str, extension: &str) -> (&'n str, String) {
    let endings: &[&str] = match extension {
        "jpg" => &["jpg", "jpeg"],
        other => &[other],
    };
    for ending in endings {
        let Some(at) = name.len().checked_sub(ending.len() + 1) else {
            continue;
        };
        if name.is_char_boundary(at)
            && name[at..]
                .strip_prefix('.')
                .is_some_and(|end| end.eq_ignore_ascii_case(ending))
        {
            return (name[..at].trim_end(), name[at..].to_owned());
        }
    }
    (name, format!(".{extension}"))
}

/// At most so many bytes of a text.
fn shortened(text: &str, most: usize) -> &str {
    text[..text.floor_char_boundary(most)].trim_end()
}

#[cfg(test)]
#[path = "path_template_tests.rs"]
mod tests;
