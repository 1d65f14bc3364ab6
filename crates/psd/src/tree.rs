//! The tree of groups, made from the flat list of records and its group markers.
//!
//! Records run from the bottom up: the end of a group comes first, then its layers, then the
//! record that carries its name and settings.

use crate::error::PsdError;
use crate::layer::record::LayerRecord;
use crate::layer::{DividerKind, LayerIndex, SectionDivider};
use crate::limits::{Limit, Limits};
use crate::warning::Warnings;

/// What one record is connected to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branch {
    pub(crate) parent: Option<LayerIndex>,
    pub(crate) children: Vec<LayerIndex>,
}

/// The whole tree. Ends of groups are in no list of children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) root: Vec<LayerIndex>,
    /// One for each record.
    pub(crate) branches: Vec<Branch>,
}

fn divider(record: &LayerRecord, file: &[u8]) -> DividerKind {
    let block = |key: &[u8; 4]| record.blocks.iter().find(|block| block.key == *key);
    let block = block(b"lsct").or_else(|| block(b"lsdk"));
    let divider = block.and_then(|block| SectionDivider::parse(block.span.of(file)));
    divider.map_or(DividerKind::None, |divider| divider.kind)
}

/// Builds the tree. Markers that do not match become warnings, and no layer is lost.
pub(crate) fn grow(
    records: &[LayerRecord],
    file: &[u8],
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<Tree, PsdError> {
    let dividers: Vec<_> = records.iter().map(|record| divider(record, file)).collect();
    let offsets: Vec<_> = records.iter().map(|record| record.offset).collect();
    grow_from(&dividers, &offsets, limits, warnings)
}

fn grow_from(
    dividers: &[DividerKind],
    offsets: &[u64],
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<Tree, PsdError> {
    let mut branches = vec![Branch::default(); dividers.len()];
    let mut root = Vec::new();
    // The groups whose ends were met and whose names were not yet: offset of the end, layers so far.
    let mut open: Vec<(u64, Vec<LayerIndex>)> = Vec::new();
    for (at, (divider, offset)) in dividers.iter().zip(offsets).enumerate() {
        let index = LayerIndex(at);
        match divider {
            DividerKind::GroupEnd => {
                open.push((*offset, Vec::new()));
                Limits::check(Limit::GroupDepth, open.len() as u64, limits.group_depth)?;
                continue;
            }
            DividerKind::OpenGroup | DividerKind::ClosedGroup => match open.pop() {
                Some((_, children)) => {
                    for child in &children {
                        branches[child.0].parent = Some(index);
                    }
                    branches[at].children = children;
                }
                None => warnings.push(*offset, "a group without an end was read as an empty one"),
            },
            DividerKind::None => {}
        }
        open.last_mut()
            .map_or(&mut root, |(_, children)| children)
            .push(index);
    }
    // Ends without a group: their layers move up to where the group would have been.
    while let Some((offset, mut children)) = open.pop() {
        warnings.push(offset, "the end of a group without the group itself was ignored");
        open.last_mut()
            .map_or(&mut root, |(_, above)| above)
            .append(&mut children);
    }
    Ok(Tree { root, branches })
}

#[cfg(test)]
mod tests {
    use super::DividerKind::{ClosedGroup, GroupEnd, None, OpenGroup};
    use super::*;

    fn tree(dividers: &[DividerKind]) -> (Tree, usize) {
        let offsets = vec![7; dividers.len()];
        let mut warnings = Warnings::default();
        let tree = grow_from(dividers, &offsets, &Limits::default(), &mut warnings).unwrap();
        (tree, warnings.into_vec().len())
    }

    fn indices(list: &[LayerIndex]) -> Vec<usize> {
        list.iter().map(|index| index.0).collect()
    }

    #[test]
    fn groups_hold_what_lies_between_their_markers() {
        let (tree, warnings) = tree(&[None, GroupEnd, None, GroupEnd, None, ClosedGroup, OpenGroup, None]);
        assert_eq!(indices(&tree.root), [0, 6, 7]);
        assert_eq!(indices(&tree.branches[6].children), [2, 5]);
        assert_eq!(indices(&tree.branches[5].children), [4]);
        assert_eq!(tree.branches[4].parent, Some(LayerIndex(5)));
        assert_eq!(tree.branches[6].parent, Option::None);
        assert_eq!(warnings, 0);
    }

    #[test]
    fn unmatched_markers_warn_and_lose_nothing() {
        let (without_end, warnings) = tree(&[None, OpenGroup, None]);
        assert_eq!((indices(&without_end.root), warnings), (vec![0, 1, 2], 1));
        let (without_group, warnings) = tree(&[GroupEnd, None, GroupEnd, None]);
        assert_eq!((indices(&without_group.root), warnings), (vec![1, 3], 2));
    }

    #[test]
    fn nesting_has_a_limit() {
        let ends = [GroupEnd; 40];
        let refused = grow_from(&ends, &[0; 40], &Limits::default(), &mut Warnings::default());
        assert!(matches!(
            refused,
            Err(PsdError::OverLimit {
                limit: Limit::GroupDepth,
                ..
            })
        ));
    }
}
