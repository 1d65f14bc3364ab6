//! `{{Field}}` in the words of a template.

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// As it stands.
    Words(&'t str),
    /// The words of a field.
    Field(&'t str),
}

/// The parts of a text. Braces that name nothing stay as they stand.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((before, name, after)) = first(rest) else {
            return Some(Piece::Words(std::mem::take(&mut rest)));
        };
        if before.is_empty() {
            rest = after;
            return Some(Piece::Field(name));
        }
        rest = &rest[before.len()..];
        Some(Piece::Words(before))
    })
}

/// The fields that a text names.
pub(crate) fn named(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Field(name) => Some(name),
        Piece::Words(_) => None,
    })
}

/// What stands before the first field, its name, and what comes after it.
fn first(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let end = from + text[from..].find("}}")?;
        // The last opening before the closing, so that `{{ {{Name}}` has a field.
        if let Some(start) = text[from..end].rfind("{{").map(|at| from + at) {
            let name = text[start + 2..end].trim();
            if !name.is_empty() && !name.contains(['{', '}']) && !name.chars().any(char::is_control) {
                return Some((&text[..start], name, &text[end + 2..]));
            }
        }
        from = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::Piece::{Field, Words};
    use super::*;

    #[test]
    fn fields_are_found_between_words() {
        let all = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(
            all("{{First}} {{ Last name }}!"),
            [Field("First"), Words(" "), Field("Last name"), Words("!")]
        );
        assert_eq!(all("a }} b {{c"), [Words("a }} b {{c")]);
        assert_eq!(all("{{}} x {{a}}"), [Words("{{}} x "), Field("a")]);
        assert_eq!(all("{{ {{a}}"), [Words("{{ "), Field("a")]);
        assert_eq!(all(""), []);
    }
}
