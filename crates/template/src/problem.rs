//! What is wrong with a template or with values for it: where, and in plain words.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where: a JSON Pointer (RFC 6901) such as `/pages/0/layers/3/x`; empty for the whole.
    pub path: String,
    /// What, for whoever wrote it: lower case, no full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// Everything that is wrong, in the order in which it was met. At least one thing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    unlisted: usize,
}

impl Problems {
    /// What is wrong: never empty, and no longer than [`Limits::problems`](crate::Limits::problems) allows.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// How many more there are than [`Self::list`] has.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// The same problems of something that stands at `path` in something larger, such as `/fields`.
    #[must_use]
    pub fn under(mut self, path: &str) -> Self {
        for problem in &mut self.list {
            problem.path.insert_str(0, path);
        }
        self
    }
}

impl fmt::Display for Problems {
    /// One line, problems parted by `; `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.list.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        if self.unlisted > 0 {
            write!(f, "; and {} more", self.unlisted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Problems as they are met. Only the first `most` are kept, so that a hostile file has a short answer.
#[derive(Debug)]
pub(crate) struct Gathered {
    list: Vec<Problem>,
    unlisted: usize,
    most: usize,
}

impl Gathered {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            list: Vec::new(),
            unlisted: 0,
            most: most.max(1),
        }
    }

    pub(crate) fn push(&mut self, path: &Path<'_>, message: impl Into<String>) {
        if self.list.len() < self.most {
            self.list.push(Problem {
                path: path.to_string(),
                message: message.into(),
            });
        } else {
            self.unlisted += 1;
        }
    }

    /// The value, when nothing was wrong with it.
    pub(crate) fn settle<T>(self, value: Option<T>) -> Result<T, Problems> {
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => Err(self.into_problems()),
        }
    }

    /// Whether further problems are only counted, so that their words need not be found.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= self.most
    }

    pub(crate) fn into_list(self) -> Vec<Problem> {
        self.list
    }

    fn into_problems(mut self) -> Problems {
        if self.list.is_empty() {
            // A value that is missing without a complaint would be our fault; the caller hears of it.
            self.push(&Path::Root, "is not a template");
        }
        Problems {
            list: self.list,
            unlisted: self.unlisted,
        }
    }
}

/// Where a value stands, as the way from the whole to it. Written out only for a problem.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'p> {
    Root,
    /// One that was written out before.
    Given(&'p str),
    Member(&'p Self, &'p str),
    Item(&'p Self, usize),
}

impl<'p> Path<'p> {
    pub(crate) fn member(&'p self, name: &'p str) -> Self {
        Self::Member(self, name)
    }

    pub(crate) fn item(&'p self, index: usize) -> Self {
        Self::Item(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Given(path) => f.write_str(path),
            Self::Member(above, name) => {
                write!(f, "{above}/{}", name.replace('~', "~0").replace('/', "~1"))
            }
            Self::Item(above, index) => write!(f, "{above}/{index}"),
        }
    }
}

/// The one of `known` that `word` was probably meant to be: few letters apart, or the same but for case.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > 64 {
        return None;
    }
    let plain = word.to_lowercase();
    let near = |candidate: &&str| candidate.len().abs_diff(word.len()) <= 2 + word.len() / 2;
    known
        .into_iter()
        .filter(near)
        .map(|candidate| (distance(&plain, &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| {
            let shorter = word.chars().count().min(candidate.chars().count());
            // Of words of one letter, every other one would be near.
            *distance < shorter && *distance <= 1 + shorter / 4
        })
        .map(|(_, candidate)| candidate)
}

/// `, did you mean "…"?`, or nothing.
pub(crate) fn hint<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(word, known).map_or_else(String::new, |known| format!(", did you mean {known:?}?"))
}

/// `word` for a message: quoted, and never long.
pub(crate) fn quoted(word: &str) -> String {
    if word.chars().count() <= 64 {
        return format!("{word:?}");
    }
    let start: String = word.chars().take(60).collect();
    format!("{start:?}…")
}

/// Letters to add, leave out, change or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_json_pointer() {
        let pages = Path::Root.member("pages");
        let page = pages.item(0);
        assert_eq!(page.member("a/b~c").to_string(), "/pages/0/a~1b~0c");
        assert_eq!(Path::Root.to_string(), "");
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let known = ["opacity", "rotation", "width", "x"];
        assert_eq!(nearest("opactiy", known), Some("opacity"));
        assert_eq!(nearest("Width", known), Some("width"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("y", known), None);
        assert_eq!(nearest(&"x".repeat(10_000), known), None);
    }

    #[test]
    fn more_problems_than_asked_for_are_counted() {
        let mut gathered = Gathered::new(2);
        (0..5).for_each(|at| gathered.push(&Path::Root.item(at), "is wrong"));
        let problems = gathered.settle(Some(())).unwrap_err().under("/fields");
        assert_eq!(
            problems.to_string(),
            "/fields/0: is wrong; /fields/1: is wrong; and 3 more"
        );
    }
}
