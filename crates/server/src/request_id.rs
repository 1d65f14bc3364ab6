//! The id that ties an answer, and every line logged on its behalf, to its request.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Where it stands, in requests and in answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a request, in bytes.
const LONGEST: usize = 64;

/// 1 to 64 visible ASCII characters: nothing that could break a line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The one that the client or a proxy gave, if it is sane, else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        headers
            .get(HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|text| (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()))
            .map_or_else(
                || Self(uuid::Uuid::new_v4().to_string()),
                |text| Self(text.to_owned()),
            )
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// It as a header; ASCII that can be seen always is one.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(value).unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_sane_id_is_kept_and_anything_else_replaced() {
        assert_eq!(of(b"order-7/b").as_str(), "order-7/b");
        assert_eq!(of(&[b'x'; 64]).as_str().len(), 64);
        for odd in [&b""[..], &[b'x'; 65], b"two words", "é".as_bytes(), b"a\tb"] {
            let id = of(odd);
            assert!(uuid::Uuid::parse_str(id.as_str()).is_ok(), "{odd:?} gave {id:?}");
        }
        assert_ne!(RequestId::of(&HeaderMap::new()), RequestId::of(&HeaderMap::new()));
    }
}
