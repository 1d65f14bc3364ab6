//! How far a database's schema is: which of a program's steps are still to be done, for every backend that has steps.

use crate::StoreError;

/// The steps, numbered from 1, that are still to be done after those that have been: their numbers and
/// [checksums](step_checksum), in order.
///
/// # Errors
/// [`StoreError::Unreadable`] when a newer program made the schema, or one of another history.
pub fn missing_steps<'a>(done: &[(i64, i64)], steps: &[&'a str]) -> Result<Vec<(i64, &'a str)>, StoreError> {
    let refuse = |problem: String| {
        Err(StoreError::Unreadable {
            what: "schema",
            problem,
        })
    };
    if done.len() > steps.len() {
        return refuse(format!(
            "it has {} steps, this program knows {}: a newer program made it",
            done.len(),
            steps.len()
        ));
    }
    let mut missing = Vec::new();
    for (place, (number, step)) in (1_i64..).zip(steps).enumerate() {
        match done.get(place) {
            Some(&(known, sum)) if known == number && sum == step_checksum(step) => {}
            Some(_) => return refuse(format!("step {number} is not the one that this program knows")),
            None => missing.push((number, *step)),
        }
    }
    Ok(missing)
}

/// FNV-1a over the step, spaces at line ends aside: it notices an edit, and need not withstand malice.
pub fn step_checksum(step: &str) -> i64 {
    let bytes = step
        .lines()
        .flat_map(|line| line.trim_end().bytes().chain([b'\n']));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [&str; 2] = ["CREATE TABLE a (x int);", "CREATE TABLE b (x int);"];

    fn problem(done: &[(i64, i64)], steps: &[&str]) -> String {
        match missing_steps(done, steps) {
            Err(StoreError::Unreadable { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_has_been_done_is_not_done_again() {
        let both = [(1, step_checksum(STEPS[0])), (2, step_checksum(STEPS[1]))];
        assert_eq!(missing_steps(&[], &STEPS).unwrap().len(), 2);
        assert_eq!(missing_steps(&both[..1], &STEPS).unwrap(), [(2, STEPS[1])]);
        assert_eq!(missing_steps(&both, &STEPS).unwrap(), []);
    }

    #[test]
    fn a_newer_or_an_edited_schema_is_refused() {
        let both = [(1, step_checksum(STEPS[0])), (2, step_checksum(STEPS[1]))];
        assert!(problem(&both, &STEPS[..1]).contains("newer program"));
        assert_eq!(
            problem(&[(1, step_checksum("CREATE TABLE a (x text);"))], &STEPS),
            "step 1 is not the one that this program knows"
        );
    }
}
