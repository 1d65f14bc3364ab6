//! Where in a destination a file goes, checked once more: what lies in a database may be older than a rule.

use crate::setback::Setback;

/// A path of segments that lead downwards only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    folders: Vec<String>,
    name: String,
}

impl Place {
    /// The longest path, in bytes: what S3 allows for a key.
    const LONGEST: usize = 1024;

    /// The place of that path.
    ///
    /// # Errors
    /// A [`Setback`] for a path that is empty, too long, or has a segment that is none.
    pub(crate) fn parse(path: &str) -> Result<Self, Setback> {
        if path.is_empty() || path.len() > Self::LONGEST {
            return Err(Setback::ours(format!(
                "the path must have 1 to {} bytes",
                Self::LONGEST
            )));
        }
        let mut folders: Vec<String> = Vec::new();
        for segment in path.split('/') {
            let fine = !matches!(segment, "" | "." | "..") && !segment.chars().any(char::is_control);
            if !fine {
                return Err(Setback::ours(
                    "the path has an empty segment, one of dots alone, or a control character",
                ));
            }
            folders.push(segment.to_owned());
        }
        let name = folders.pop().unwrap_or_default();
        Ok(Self { folders, name })
    }

    /// The folders on the way, outermost first.
    pub(crate) fn folders(&self) -> &[String] {
        &self.folders
    }

    /// What the file is called there.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The whole path.
    pub(crate) fn path(&self) -> String {
        let all = self.folders.iter().chain([&self.name]);
        all.map(String::as_str).collect::<Vec<_>>().join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_lies_below_and_nowhere_else() {
        let place = Place::parse("2026/Zoë/card 1.jpg").unwrap();
        assert_eq!((place.folders().len(), place.name()), (2, "card 1.jpg"));
        assert_eq!(place.path(), "2026/Zoë/card 1.jpg");
        let long = "x".repeat(1025);
        for path in [
            "",
            "/etc/passwd",
            "a//b",
            "../a",
            "a/..",
            "a/./b",
            "a/",
            "a\0b",
            "a\nb",
            &long,
        ] {
            assert!(Place::parse(path).is_err(), "{path:?}");
        }
    }
}
