//! Units of a picture: sizes, rectangles, maps, colours, blend mode names, pixel buffers.
