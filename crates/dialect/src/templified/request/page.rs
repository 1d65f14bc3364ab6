//! Which part of a list is wanted.

use super::from_query;
use crate::templified::Problem;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many at most, 1 to 200.
    pub limit: u32,
    /// The marker that came with the page before this one, as it came.
    pub after: Option<String>,
}

/// The most characters of a marker.
const LONGEST_CURSOR: usize = 512;

/// Reads the query of a list.
///
/// # Errors
/// 400 with every wrong parameter.
pub fn page(query: Option<&str>) -> Result<Page, Problem> {
    from_query(query, |root| {
        let limit = root.field("limit").or(50, |limit| limit.count(1..=200));
        let after = root
            .field("cursor")
            .maybe(|cursor| cursor.string(1..=LONGEST_CURSOR).map(str::to_owned));
        Some(Page {
            limit: limit?,
            after: after?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_limits() {
        let unasked = Page {
            limit: 50,
            after: None,
        };
        assert_eq!(page(None), Ok(unasked));
        let asked = page(Some("limit=200&cursor=a1")).unwrap();
        assert_eq!((asked.limit, asked.after.as_deref()), (200, Some("a1")));
        for wrong in ["limit=0", "limit=201", "limit=x"] {
            assert_eq!(page(Some(wrong)).unwrap_err().status(), 400, "{wrong}");
        }
    }
}
