//! What drawing costs in memory, as far as sizes tell: one estimate for the service, which turns away what can never
//! fit, and for the worker, which waits until there is room.

use marquetry_pixel::Size;

use crate::ExportSize;

/// Bytes of a pixel in a picture: eight bits for each of four samples.
pub const PIXEL: u64 = 4;
/// Pictures of the canvas' size that exist at once while a mockup is drawn: what lies below the first change, the
/// drawing, and a group and its mask that are drawn apart.
pub const CANVASES: u64 = 4;

/// The bytes that drawing a mockup with this canvas and exporting it at `size` takes at the least: its canvases and the
/// picture that is encoded. What its layers and the pictures in it take comes on top, and is known once they are open.
///
/// ```
/// use marquetry_model::{ExportSize, footprint};
/// use marquetry_pixel::Size;
///
/// assert_eq!(footprint::of_drawing(Size::new(100, 50), ExportSize::Original), 5 * 100 * 50 * 4);
/// ```
pub fn of_drawing(canvas: Size, size: ExportSize) -> u64 {
    let bytes = |size: Size| size.pixels().saturating_mul(PIXEL);
    bytes(canvas)
        .saturating_mul(CANVASES)
        .saturating_add(bytes(size.of(canvas)))
}
