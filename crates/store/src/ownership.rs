//! Whether what is found held in a store is held by the living.

/// Who else works from the same store. Workers and couriers are told, because it decides how soon
/// they take up what somebody held when it died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ownership {
    /// Others may: what somebody holds is left alone until its lease lapses.
    #[default]
    Shared,
    /// Nobody: whoever held anything before this process started is dead, and it is taken up at once.
    Sole,
}
