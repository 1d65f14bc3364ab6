//! How much a template and the values for it may cost, all in one place.

/// Bounds of one template and of one set of field values. Finite by default; raise what you need.
///
/// The published JSON Schema states the default ones. What is part of the format itself, such as the
/// 64 bytes of an id, stands with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a template's JSON.
    pub bytes: usize,
    /// Pixels of a page's longer side.
    pub side: u32,
    /// Pixels of a page.
    pub pixels: u64,
    /// Layers of all pages, those of groups and repeated items included.
    pub layers: usize,
    /// Groups and repeats within each other.
    pub depth: usize,
    /// Layers after every repeat was laid out: what a drawing may cost.
    pub filled_layers: usize,
    /// Fonts of a template.
    pub fonts: usize,
    /// Named colours.
    pub colours: usize,
    /// Corners of a polygon.
    pub points: usize,
    /// Lines and curves of a path.
    pub path_steps: usize,
    /// Stops of a gradient.
    pub stops: usize,
    /// Cells of a repeat, and slots of a smart object layer.
    pub slots: usize,
    /// Leaves and branches of one condition.
    pub conditions: usize,
    /// Conditions within each other.
    pub condition_depth: usize,
    /// Characters of a text: as it stands in a template, as it is given, and after insertion.
    pub text: usize,
    /// Fields that one text puts in.
    pub insertions: usize,
    /// Characters of all texts that are drawn.
    pub filled_text: usize,
    /// Bytes of an address.
    pub url: usize,
    /// Fields of a template or of an item, and entries of a set of values for them.
    pub fields: usize,
    /// Problems that are listed; more are counted.
    pub problems: usize,
    /// Which addresses pictures may have.
    pub addresses: Addresses,
}

/// Which addresses pictures may have. What is behind them is for whoever opens them to judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// `https://` alone.
    #[default]
    Https,
    /// `http://` too, for a network that is one's own.
    HttpToo,
}

impl Default for Limits {
    /// 1 MiB of JSON, 12,000 pixels a side and 100 million in all, 500 layers eight deep, 5,000 of them
    /// after repeating, 200 cells, 200 fields, 10,000 characters a
    /// text and a million in all.
    fn default() -> Self {
        Self {
            bytes: 1 << 20,
            side: 12_000,
            pixels: 100_000_000,
            layers: 500,
            depth: 8,
            filled_layers: 5_000,
            fonts: 64,
            colours: 64,
            points: 1_000,
            path_steps: 5_000,
            stops: 32,
            slots: 200,
            conditions: 64,
            condition_depth: 8,
            text: 10_000,
            insertions: 100,
            filled_text: 1_000_000,
            url: 4_096,
            fields: 200,
            problems: 100,
            addresses: Addresses::Https,
        }
    }
}
