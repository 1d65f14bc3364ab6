//! Layers of words.

use super::colour::ColourValue;
use super::template::FontStyle;
use crate::form::{choice, record};
use crate::units::{Family, FontSize, Four, Length, LineCount, LineHeight, Spacing, Weight, Words};

record! {
    /// Words in a frame.
    pub struct TextLayer {
        /// The words. A line feed breaks a line, {{Field}} puts in the words of another field.
        content("content"): or Words = Words::default();
        /// How the letters look.
        font("font"): required FontChoice;
        /// The colour of the letters.
        colour("color"): or ColourValue = ColourValue::BLACK;
        /// Where lines stand between left and right.
        align("align"): or Align = Align::Left;
        /// Where the lines stand between top and bottom.
        valign("valign"): or Valign = Valign::Top;
        /// Whether letters become large or small.
        case("case"): or Case = Case::None;
        /// What stays free within the frame, in pixels: one number, or top, right, bottom, left.
        padding("padding"): or Four = Four::NONE;
        /// What happens when the words are too long.
        fit("fit"): or TextFit = TextFit::NONE;
        /// A line around the letters, behind their fill.
        text_stroke("text_stroke"): optional TextStroke;
        /// A box behind the words.
        text_box("box"): optional TextBox;
        /// What happens when there are no words.
        when_empty("when_empty"): or WhenTextEmpty = WhenTextEmpty::Blank;
    }
}

record! {
    /// How letters look.
    pub struct FontChoice {
        /// The family, as the template or the server knows it.
        family("family"): required Family;
        /// How bold they are.
        weight("weight"): or Weight = Weight::fixed(400);
        /// Whether they lean.
        style("style"): or FontStyle = FontStyle::Normal;
        /// The size of an em in pixels.
        size("size"): required FontSize;
        /// From one line to the next, in sizes.
        line_height("line_height"): or LineHeight = LineHeight::fixed(1.2);
        /// Pixels added after each letter.
        letter_spacing("letter_spacing"): or Spacing = Spacing::fixed(0.0);
    }
}

choice! {
    /// Where lines stand between left and right.
    pub enum Align {
        /// At the left edge.
        Left = "left",
        /// In the middle.
        Center = "center",
        /// At the right edge.
        Right = "right",
        /// From edge to edge, but for the last line.
        Justify = "justify",
    }
}

choice! {
    /// Where lines stand between top and bottom.
    pub enum Valign {
        /// At the top edge.
        Top = "top",
        /// In the middle.
        Middle = "middle",
        /// At the bottom edge.
        Bottom = "bottom",
    }
}

choice! {
    /// Whether letters become large or small.
    pub enum Case {
        /// As they were given.
        None = "none",
        /// All large.
        Upper = "upper",
        /// All small.
        Lower = "lower",
        /// The first of each word large, the others as they were given.
        Title = "title",
    }
}

choice! {
    /// What happens to a text when there are no words.
    pub enum WhenTextEmpty {
        /// Nothing is written; its box stays.
        Blank = "blank",
        /// The layer goes.
        Hide = "hide",
        /// The template's own words are written.
        Default = "default",
    }
}

record! {
    /// What happens when words are too long.
    pub struct TextFit {
        /// How they are made to fit.
        mode("mode"): or FitMode = FitMode::None;
        /// The smallest size in pixels; 40 % of the font's, when it is not given.
        min_size("min_size"): optional FontSize;
        /// The largest size in pixels; the font's, when it is not given.
        max_size("max_size"): optional FontSize;
        /// The most lines.
        max_lines("max_lines"): optional LineCount;
        /// What happens when even the smallest size is too large.
        overflow("overflow"): or Overflow = Overflow::Visible;
    }
}

impl TextFit {
    /// Words stay as large as they are.
    pub const NONE: Self = Self {
        mode: FitMode::None,
        min_size: None,
        max_size: None,
        max_lines: None,
        overflow: Overflow::Visible,
    };
}

choice! {
    /// How words are made to fit.
    pub enum FitMode {
        /// They are not.
        None = "none",
        /// They stay on their lines and get smaller until the longest is no wider than the frame.
        ShrinkLine = "shrink_line",
        /// They wrap and get smaller until they fit in width and height.
        ShrinkBox = "shrink_box",
        /// They wrap and get as large as fits in width and height.
        FillBox = "fill_box",
    }
}

choice! {
    /// What happens when even the smallest size is too large.
    pub enum Overflow {
        /// The frame cuts them off.
        Clip = "clip",
        /// They end with an ellipsis.
        Ellipsis = "ellipsis",
        /// They run past the frame.
        Visible = "visible",
    }
}

record! {
    /// A line around letters.
    pub struct TextStroke {
        /// How wide it is, in pixels.
        width("width"): required Length;
        /// Its colour.
        colour("color"): required ColourValue;
    }
}

record! {
    /// A box behind words.
    pub struct TextBox {
        /// Its colour.
        colour("color"): required ColourValue;
        /// Radii of its corners, as of a layer's frame.
        corner_radius("corner_radius"): or Four = Four::NONE;
    }
}
