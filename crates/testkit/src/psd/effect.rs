//! Layer effects (`lfx2`) by kind, each with the few numbers that tests turn.

use super::Descriptor;

/// One effect: the key it stands under, and what it says.
pub type Effect = (&'static str, Descriptor);

/// The descriptor of a layer's effects, for [`Layer::effects`](super::Layer::effects), switched on or off
/// as a whole.
#[must_use]
pub fn effects(list: impl IntoIterator<Item = Effect>, switched_on: bool) -> Descriptor {
    let head = Descriptor::new("null")
        .unit("Scl ", b"#Prc", 100.0)
        .bool("masterFXSwitch", switched_on);
    list.into_iter()
        .fold(head, |all, (key, effect)| all.object(key, effect))
}

/// What all of one colour have in common: a mode by its descriptor name (`Nrml`, `Mltp`, `Scrn`), an opacity in per cent.
fn coloured(class: &str, mode: &str, opacity: f64, rgb: [u8; 3]) -> Descriptor {
    Descriptor::new(class)
        .bool("enab", true)
        .bool("present", true)
        .enumerated("Md  ", "BlnM", mode)
        .unit("Opct", b"#Prc", opacity)
        .object("Clr ", Descriptor::rgb(rgb.map(f64::from)))
}

/// `size` in pixels.
fn soft(effect: Descriptor, size: f64) -> Descriptor {
    effect
        .unit("Ckmt", b"#Pxl", 0.0)
        .unit("blur", b"#Pxl", size)
        .unit("Nose", b"#Prc", 0.0)
        .bool("AntA", false)
}

fn shadow(class: &'static str, distance: f64, size: f64) -> Effect {
    let shadow = soft(coloured(class, "Mltp", 75.0, [20, 0, 60]), size)
        .unit("lagl", b"#Ang", 120.0)
        .bool("uglg", false)
        .unit("Dstn", b"#Pxl", distance)
        .bool("layerConceals", true);
    (class, shadow)
}

/// A drop shadow, `distance` and `size` in pixels.
#[must_use]
pub fn drop_shadow(distance: f64, size: f64) -> Effect {
    shadow("DrSh", distance, size)
}

/// An inner shadow, `distance` and `size` in pixels.
#[must_use]
pub fn inner_shadow(distance: f64, size: f64) -> Effect {
    shadow("IrSh", distance, size)
}

fn glow(class: &'static str, size: f64) -> Effect {
    let glow = soft(coloured(class, "Scrn", 80.0, [255, 240, 120]), size)
        .enumerated("GlwT", "BETE", "SfBL")
        .unit("ShdN", b"#Prc", 0.0)
        .unit("Inpr", b"#Prc", 50.0);
    (class, glow)
}

/// An outer glow of `size` pixels.
#[must_use]
pub fn outer_glow(size: f64) -> Effect {
    glow("OrGl", size)
}

/// An inner glow of `size` pixels, from the edge.
#[must_use]
pub fn inner_glow(size: f64) -> Effect {
    let (class, glow) = glow("IrGl", size);
    (class, glow.enumerated("glwS", "IGSr", "SrcE"))
}

/// Satin, `distance` and `size` in pixels.
#[must_use]
pub fn satin(distance: f64, size: f64) -> Effect {
    let satin = coloured("ChFX", "Mltp", 60.0, [0, 40, 0])
        .unit("lagl", b"#Ang", 19.0)
        .unit("Dstn", b"#Pxl", distance)
        .unit("blur", b"#Pxl", size)
        .bool("AntA", false)
        .bool("Invr", true);
    ("ChFX", satin)
}

/// A colour laid over the layer.
#[must_use]
pub fn colour_overlay(opacity: f64, rgb: [u8; 3]) -> Effect {
    ("SoFi", coloured("SoFi", "Nrml", opacity, rgb))
}

/// A stroke of `size` pixels. `position` is `OutF`, `InsF` or `CtrF`.
#[must_use]
pub fn edge_stroke(position: &str, size: f64) -> Effect {
    let stroke = coloured("FrFX", "Nrml", 100.0, [200, 30, 30])
        .enumerated("Styl", "FStl", position)
        .enumerated("PntT", "FrFl", "SClr")
        .unit("Sz  ", b"#Pxl", size);
    ("FrFX", stroke)
}

/// An inner bevel of `size` pixels.
#[must_use]
pub fn bevel(size: f64) -> Effect {
    let shade = |bevel: Descriptor, mode: [&str; 3], name: &str, rgb: [f64; 3]| {
        bevel
            .enumerated(mode[0], "BlnM", name)
            .object(mode[1], Descriptor::rgb(rgb))
            .unit(mode[2], b"#Prc", 75.0)
    };
    let bevel = Descriptor::new("ebbl")
        .bool("enab", true)
        .bool("present", true)
        .enumerated("bvlS", "BESl", "InrB")
        .enumerated("bvlT", "bvlT", "SfBL")
        .enumerated("bvlD", "BESs", "In  ")
        .unit("srgR", b"#Prc", 100.0)
        .unit("blur", b"#Pxl", size)
        .unit("Sftn", b"#Pxl", 0.0)
        .unit("lagl", b"#Ang", 120.0)
        .unit("Lald", b"#Ang", 30.0)
        .bool("uglg", false);
    let bevel = shade(bevel, ["hglM", "hglC", "hglO"], "Scrn", [255.0; 3]);
    ("ebbl", shade(bevel, ["sdwM", "sdwC", "sdwO"], "Mltp", [0.0; 3]))
}
