//! PackBits: the run-length coding of the Apple ROM, one stream for each row.

/// The longest run. A row unpacks fastest when both sides have this many bytes to spare.
pub(crate) const SLACK: usize = 128;

/// Most runs are shorter than this, so one copy of it serves them.
const SHORT: usize = 32;

/// Unpacks the first `length` bytes of `packed` into the first `want` bytes of `out`.
///
/// Whether exactly the row came out: what is missing is left as zeros, what is too much is dropped.
/// `packed` may go on after `length` and `out` after `want`; the bytes past `want` may be scribbled
/// over, so rows are unpacked from the first to the last. That slack lets a run be copied as whole
/// fixed-size pieces, which become a few vector moves instead of a call for every short run.
pub(crate) fn unpack(packed: &[u8], length: usize, out: &mut [u8], want: usize) -> bool {
    let mut from = 0;
    let mut to = 0;
    while to < want {
        if from >= length {
            out[to..want].fill(0);
            return false;
        }
        let control = packed[from];
        from += 1;
        if control < 128 {
            let run = usize::from(control) + 1;
            let source = packed[from..].first_chunk::<SLACK>();
            let target = out[to..].first_chunk_mut::<SLACK>();
            if let (Some(source), Some(target)) = (source, target) {
                target[..SHORT].copy_from_slice(&source[..SHORT]);
                if run > SHORT {
                    target[SHORT..].copy_from_slice(&source[SHORT..]);
                }
            } else {
                // The stated length may cut the run short, and so may the row.
                let there = run.min(want - to).min(length.saturating_sub(from));
                out[to..to + there].copy_from_slice(&packed[from..from + there]);
            }
            let there = run.min(length.saturating_sub(from));
            from += run;
            to += there;
        } else if control > 128 {
            let run = 257 - usize::from(control);
            if from >= length {
                out[to..want].fill(0);
                return false;
            }
            let value = packed[from];
            from += 1;
            if let Some(target) = out[to..].first_chunk_mut::<SLACK>() {
                target[..SHORT].fill(value);
                if run > SHORT {
                    target[SHORT..].fill(value);
                }
            } else {
                let there = run.min(want - to);
                out[to..to + there].fill(value);
            }
            to += run;
        }
        // 128 is no operation: some encoders pad with it.
    }
    to == want
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(packed: &[u8], want: usize) -> (Vec<u8>, bool) {
        let mut out = vec![0xEE; want];
        let exact = unpack(packed, packed.len(), &mut out, want);
        (out, exact)
    }

    #[test]
    fn the_example_of_apples_technical_note() {
        let packed = [
            0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA,
        ];
        let row = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        assert_eq!(plain(&packed, row.len()), (row.to_vec(), true));
    }

    #[test]
    fn slack_changes_nothing_within_the_row() {
        let packed = [0xFE, 0xAA, 0x02, 1, 2, 3, 0x81, 7, 0x00, 9];
        let want = 3 + 3 + 128 + 1;
        let (row, exact) = plain(&packed, want);
        assert!(exact);
        let mut roomy = packed.to_vec();
        roomy.extend([0x55; SLACK]);
        let mut out = vec![0xEE; want + SLACK];
        assert!(unpack(&roomy, packed.len(), &mut out, want));
        assert_eq!(out[..want], row);
    }

    #[test]
    fn too_little_is_zeros_and_too_much_is_dropped() {
        assert_eq!(plain(&[0xFF, 5], 4), (vec![5, 5, 0, 0], false));
        assert_eq!(plain(&[0xFD, 5], 2), (vec![5, 5], false));
        assert_eq!(plain(&[0x05, 1, 2], 4), (vec![1, 2, 0, 0], false));
        assert_eq!(plain(&[0x00, 1, 0xFF], 4), (vec![1, 0, 0, 0], false));
        assert_eq!(plain(&[], 2), (vec![0, 0], false));
        // The bytes after the stated length belong to the next row.
        let mut out = [0; 256];
        let mut packed = vec![9; 256];
        packed[0] = 3;
        assert!(!unpack(&packed, 3, &mut out, 4));
        assert_eq!(out[..4], [9, 9, 0, 0]);
    }

    #[test]
    fn no_operation_is_skipped() {
        assert_eq!(plain(&[0x80, 0x00, 1, 0x80, 0xFF, 2], 3), (vec![1, 2, 2], true));
    }
}
