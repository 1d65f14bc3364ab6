//! Whether following references ever comes back to where it began.

use std::collections::{BTreeMap, BTreeSet};

/// A way around, beginning and ending with the same, if there is one.
pub(crate) fn cycle<N: Ord + Clone>(edges: &BTreeMap<N, BTreeSet<N>>) -> Option<Vec<N>> {
    let mut left = edges.clone();
    loop {
        // What leads nowhere, or only to what was taken away before, is on no way around.
        let ends: Vec<N> = left
            .iter()
            .filter(|(_, to)| !to.iter().any(|to| left.contains_key(to)))
            .map(|(from, _)| from.clone())
            .collect();
        if ends.is_empty() {
            break;
        }
        for end in ends {
            left.remove(&end);
        }
    }
    let mut way = vec![left.keys().next()?.clone()];
    loop {
        let next = left
            .get(way.last()?)?
            .iter()
            .find(|to| left.contains_key(*to))?
            .clone();
        if let Some(at) = way.iter().position(|before| *before == next) {
            way.drain(..at);
            way.push(next);
            return Some(way);
        }
        way.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_around_is_named_and_a_way_to_it_is_not() {
        let edges = |pairs: &[(u8, u8)]| {
            let mut edges: BTreeMap<u8, BTreeSet<u8>> = BTreeMap::new();
            for (from, to) in pairs {
                edges.entry(*from).or_default().insert(*to);
            }
            edges
        };
        assert_eq!(cycle(&edges(&[(1, 2), (2, 3), (1, 3)])), None);
        assert_eq!(cycle(&edges(&[(1, 2), (2, 3), (3, 2)])), Some(vec![2, 3, 2]));
        assert_eq!(cycle(&edges(&[(5, 5)])), Some(vec![5, 5]));
    }
}
