//! Which part of a file a request wants (RFC 9110, *Range Requests*), and whether the client has it already.

use http::HeaderMap;
use http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use marquetry_service::GetRange;

/// The part that a request asks for; `None` for the whole file.
///
/// One range of bytes is served. Several at once, units nobody knows and what cannot be read are answered with the
/// whole file, as the specification allows.
pub(crate) fn wanted(request: &HeaderMap) -> Option<GetRange> {
    let (unit, spec) = request.get(RANGE)?.to_str().ok()?.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = spec.split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", last) => number(last).map(GetRange::Suffix),
        (first, "") => number(first).map(GetRange::Offset),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| GetRange::Bounded(first..last.saturating_add(1)))
        }
    }
}

/// Whether the part may be sent of the version whose tag is `tag`: another version would not fit what the client has.
pub(crate) fn fits(request: &HeaderMap, tag: Option<&str>) -> bool {
    match request.get(IF_RANGE) {
        None => true,
        // Dates are not told, so that none can be right; a weak tag is not good enough to put parts together.
        Some(condition) => tag.is_some_and(|tag| !tag.starts_with("W/") && condition == tag),
    }
}

/// Whether the client says that it has the version whose tag is `tag`.
pub(crate) fn is_known(request: &HeaderMap, tag: Option<&str>) -> bool {
    let Some(tag) = tag else { return false };
    // Weak comparison: whether a tag is weak does not count.
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|known| known.trim() == "*" || plain(known) == plain(tag))
}

/// Digits alone: `parse` would let a sign through.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn one_range_is_read_and_everything_else_is_the_whole() {
        for (text, expected) in [
            ("bytes=0-0", Some(GetRange::Bounded(0..1))),
            ("Bytes = 5 - 6", Some(GetRange::Bounded(5..7))),
            (
                "bytes=0-18446744073709551615",
                Some(GetRange::Bounded(0..u64::MAX)),
            ),
            ("bytes=10-", Some(GetRange::Offset(10))),
            ("bytes=-500", Some(GetRange::Suffix(500))),
            ("bytes=5-4", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("bytes=a-b", None),
            ("bytes=0-1,5-6", None),
            ("pages=1-2", None),
            ("bytes=99999999999999999999-", None),
            ("bytes", None),
        ] {
            assert_eq!(wanted(&headers(RANGE, text)), expected, "{text}");
        }
        assert_eq!(wanted(&HeaderMap::new()), None);
    }

    #[test]
    fn a_range_of_another_version_is_no_range() {
        let ask = |condition| headers(IF_RANGE, condition);
        assert!(fits(&ask("\"a\""), Some("\"a\"")));
        assert!(fits(&HeaderMap::new(), Some("\"a\"")));
        assert!(!fits(&ask("\"b\""), Some("\"a\"")));
        assert!(!fits(&ask("W/\"a\""), Some("W/\"a\"")));
        assert!(!fits(&ask("Sun, 06 Nov 1994 08:49:37 GMT"), Some("\"a\"")));
        assert!(!fits(&ask("\"a\""), None));
    }

    #[test]
    fn a_known_version_is_recognised_in_a_list() {
        let asked = |known| is_known(&headers(IF_NONE_MATCH, known), Some("\"a\""));
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(asked(known), "{known}");
        }
        for unknown in ["\"b\"", "a", "", "\"b\", \"c\""] {
            assert!(!asked(unknown), "{unknown}");
        }
        assert!(!is_known(&headers(IF_NONE_MATCH, "*"), None));
    }
}
