//! Large and small letters, by Unicode's rules and no language's own.

use crate::Case;

/// Words in the case that a template asks for.
pub(super) fn cased(words: &str, case: Case) -> String {
    match case {
        Case::None => words.to_owned(),
        Case::Upper => words.to_uppercase(),
        Case::Lower => words.to_lowercase(),
        Case::Title => titled(words),
    }
}

/// The first letter of each word large. What stands after a blank, a hyphen or an opening mark begins
/// a word; what stands after an apostrophe does not.
fn titled(words: &str) -> String {
    let mut titled = String::with_capacity(words.len());
    let mut inside = false;
    for letter in words.chars() {
        if letter.is_alphanumeric() {
            if inside {
                titled.push(letter);
            } else {
                titled.extend(letter.to_uppercase());
            }
            inside = true;
        } else {
            titled.push(letter);
            inside = inside && matches!(letter, '\'' | '’');
        }
    }
    titled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_that_of_unicode() {
        assert_eq!(cased("straße", Case::Upper), "STRASSE");
        assert_eq!(cased("ÀÉ", Case::Lower), "àé");
        assert_eq!(
            cased("jo o'neill-smith mcCoy", Case::Title),
            "Jo O'neill-Smith McCoy"
        );
        assert_eq!(cased("as It is", Case::None), "as It is");
    }
}
