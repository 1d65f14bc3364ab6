//! The notation of Photoshop's text engine, close to that of PDF, as a tree.
//!
//! It is in no specification; what is here was read off the files that Photoshop writes.

use crate::{Limit, Limits, PsdError, Section};

/// Dropping a tree takes stack for each level, so no caller's limit goes beyond this.
const DEEPEST: u64 = 512;

/// One value of the notation.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineValue {
    /// `<< /Key value ... >>`, in the order of the file.
    Dictionary(Vec<(String, Self)>),
    /// `[ value ... ]`.
    Array(Vec<Self>),
    /// `( ... )`.
    Text(String),
    /// A number, whole or not.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `/Name` where a value is expected, or a bare word such as `null`.
    Name(String),
}

impl EngineValue {
    /// The value of a key of a dictionary.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dictionary(entries) = self else {
            return None;
        };
        entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The value at the end of several keys, each inside the one before.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The items of an array; nothing for anything else.
    pub fn items(&self) -> &[Self] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    /// A number.
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    /// A whole number; others are rounded.
    pub fn as_i64(&self) -> Option<i64> {
        crate::descriptor::Value::Double(self.as_f64()?).as_i64()
    }

    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self {
            Some(*truth)
        } else {
            None
        }
    }

    /// A text.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// All numbers of an array.
    pub fn numbers(&self) -> Vec<f64> {
        self.items().iter().filter_map(Self::as_f64).collect()
    }
}

/// A dictionary or array that is not closed yet.
enum Open {
    Dictionary {
        entries: Vec<(String, EngineValue)>,
        key: Option<String>,
    },
    Array(Vec<EngineValue>),
}

/// Parses engine data. The outermost `<<` and `>>` may be missing, as they are in `Txt2` blocks.
///
/// # Errors
/// [`PsdError`] when a string, array or dictionary is not closed, a key has no value, or the tree is
/// deeper or larger than the limits for descriptors.
pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<EngineValue, PsdError> {
    let mut tokens = Tokens {
        bytes: block,
        at: 0,
        base,
    };
    // A stack of our own: nesting costs no stack of the machine.
    let mut stack = vec![Open::Dictionary {
        entries: Vec::new(),
        key: None,
    }];
    let mut items = 0_u64;
    let deepest = limits.descriptor_depth.min(DEEPEST);
    loop {
        tokens.skip_blanks();
        let at = tokens.at;
        let Some(token) = tokens.next()? else { break };
        items += 1;
        Limits::check(Limit::DescriptorItems, items, limits.descriptor_items)?;
        let value = match token {
            Token::Value(value) => value,
            Token::OpenDictionary => {
                stack.push(Open::Dictionary {
                    entries: Vec::new(),
                    key: None,
                });
                Limits::check(Limit::DescriptorDepth, stack.len() as u64, deepest)?;
                continue;
            }
            Token::OpenArray => {
                stack.push(Open::Array(Vec::new()));
                Limits::check(Limit::DescriptorDepth, stack.len() as u64, deepest)?;
                continue;
            }
            Token::CloseDictionary => match (stack.len(), stack.pop()) {
                (2.., Some(Open::Dictionary { entries, key: None })) => EngineValue::Dictionary(entries),
                _ => return Err(tokens.malformed(at, "dictionary closed where none can end")),
            },
            Token::CloseArray => match stack.pop() {
                Some(Open::Array(items)) => EngineValue::Array(items),
                _ => return Err(tokens.malformed(at, "array closed where none is open")),
            },
        };
        match stack.last_mut() {
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Dictionary { entries, key }) => match (key.take(), value) {
                (Some(key), value) => entries.push((key, value)),
                (None, EngineValue::Name(name)) => *key = Some(name),
                // The outermost dictionary may be written with its brackets.
                (None, whole @ EngineValue::Dictionary(_)) if stack.len() == 1 => return Ok(whole),
                (None, _) => return Err(tokens.malformed(at, "value without a key")),
            },
            None => return Err(tokens.malformed(at, "more closed than opened")),
        }
    }
    match (stack.len(), stack.pop()) {
        (1, Some(Open::Dictionary { entries, key: None })) => Ok(EngineValue::Dictionary(entries)),
        _ => Err(PsdError::Truncated {
            section: Section::EngineData,
            offset: base + block.len() as u64,
        }),
    }
}

enum Token {
    Value(EngineValue),
    OpenDictionary,
    CloseDictionary,
    OpenArray,
    CloseArray,
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    base: u64,
}

impl Tokens<'_> {
    fn malformed(&self, at: usize, what: &'static str) -> PsdError {
        PsdError::Malformed {
            section: Section::EngineData,
            offset: self.base + at as u64,
            what,
        }
    }

    fn skip_blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| is_blank(*byte)) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Result<Option<Token>, PsdError> {
        let Some(first) = self.bytes.get(self.at) else {
            return Ok(None);
        };
        let second = self.bytes.get(self.at + 1);
        let (token, length) = match (first, second) {
            (b'<', Some(b'<')) => (Token::OpenDictionary, 2),
            (b'>', Some(b'>')) => (Token::CloseDictionary, 2),
            (b'[', _) => (Token::OpenArray, 1),
            (b']', _) => (Token::CloseArray, 1),
            (b'(', _) => return Ok(Some(Token::Value(EngineValue::Text(self.text()?)))),
            _ => return self.word().map(|value| Some(Token::Value(value))),
        };
        self.at += length;
        Ok(Some(token))
    }

    /// A string: bytes up to `)`, where `\` takes the next byte as it is.
    fn text(&mut self) -> Result<String, PsdError> {
        let start = self.at;
        let mut raw = Vec::new();
        loop {
            self.at += 1;
            match self.bytes.get(self.at) {
                Some(b')') => break,
                Some(b'\\') => {
                    self.at += 1;
                    raw.extend(self.bytes.get(self.at));
                }
                Some(byte) => raw.push(*byte),
                None => return Err(self.malformed(start, "string is never closed")),
            }
        }
        self.at += 1;
        Ok(match raw.strip_prefix(b"\xFE\xFF") {
            Some(wide) => {
                let units = wide
                    .chunks_exact(2)
                    .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                char::decode_utf16(units)
                    .map(|unit| unit.unwrap_or('\u{FFFD}'))
                    .collect()
            }
            None => raw.iter().map(|byte| char::from(*byte)).collect(),
        })
    }

    /// A name, number, truth value or bare word.
    fn word(&mut self) -> Result<EngineValue, PsdError> {
        let start = self.at;
        self.at += 1;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| !is_blank(*byte) && !is_delimiter(*byte))
        {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        let text = std::str::from_utf8(word).map_err(|_| self.malformed(start, "word is not text"))?;
        Ok(match text {
            "true" => EngineValue::Bool(true),
            "false" => EngineValue::Bool(false),
            _ => {
                if let Some(name) = text.strip_prefix('/') {
                    return Ok(EngineValue::Name(name.to_owned()));
                }
                // `inf` and `NaN` are words to Rust and nothing that an engine writes.
                match text.parse::<f64>() {
                    Ok(number) if number.is_finite() => EngineValue::Number(number),
                    _ if text.as_bytes()[0].is_ascii_alphabetic() => EngineValue::Name(text.to_owned()),
                    _ => return Err(self.malformed(start, "neither number, name nor string")),
                }
            }
        })
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0C)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<EngineValue, PsdError> {
        parse(text, 10, &Limits::default())
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let tree =
            read(b"<< /A [ 1 -.5 true false /N ] /B << /C (x\\)\\\\) >> /D (\xFE\xFF\x20\xAC) /E null >>")
                .unwrap();
        assert_eq!(tree.get("A").unwrap().numbers(), [1.0, -0.5]);
        assert_eq!(tree.get("A").unwrap().items()[2].as_bool(), Some(true));
        assert_eq!(tree.get("A").unwrap().items()[4], EngineValue::Name("N".into()));
        assert_eq!(tree.at(&["B", "C"]).and_then(EngineValue::as_text), Some("x)\\"));
        assert_eq!(tree.get("D").and_then(EngineValue::as_text), Some("\u{20ac}"));
        assert_eq!(tree.get("E"), Some(&EngineValue::Name("null".into())));
        // The same without its brackets, as in `Txt2`.
        assert_eq!(
            read(b" /0 7 /1 [ ]")
                .unwrap()
                .get("0")
                .and_then(EngineValue::as_i64),
            Some(7)
        );
    }

    #[test]
    fn what_is_not_closed_is_an_error_with_its_place() {
        let at = |text: &[u8]| match read(text) {
            Err(PsdError::Malformed { offset, .. } | PsdError::Truncated { offset, .. }) => Some(offset),
            _ => None,
        };
        assert_eq!(at(b"/A (never"), Some(13));
        assert_eq!(at(b"/A (never\\"), Some(13));
        assert_eq!(at(b"<< /A [ 1 ]"), Some(21));
        assert_eq!(at(b"/A"), Some(12));
        assert_eq!(at(b"/A [ 1 >>"), Some(17));
        assert_eq!(at(b"/A ]"), Some(13));
        assert_eq!(at(b">>"), Some(10));
        assert_eq!(at(b"<< /A >>"), Some(16));
        assert_eq!(at(b"1"), Some(10));
        assert_eq!(at(b"/A )"), Some(13));
    }

    #[test]
    fn ten_thousand_levels_are_refused() {
        for open in [&b"/A ["[..], b"/A <<"] {
            let text = [open, &b"[".repeat(10_000)].concat();
            let error = read(&text).unwrap_err();
            assert!(
                matches!(error, PsdError::OverLimit { .. } | PsdError::Malformed { .. }),
                "{error}"
            );
        }
        let generous = Limits {
            descriptor_depth: u64::MAX,
            ..Limits::default()
        };
        let deep = [b"/A ".to_vec(), b"[".repeat(10_000), b"]".repeat(10_000)].concat();
        // Dropping a tree costs stack, so the caller's limit is capped.
        assert!(matches!(
            parse(&deep, 0, &generous),
            Err(PsdError::OverLimit { .. })
        ));
    }
}
