//! One sound block for each parser.

use super::{Bytes, engine, gradient_fill, linked_entry, object, pattern, rgb, shadow, square, warp};

/// One sound block for each parser.
pub(crate) fn blocks() -> Vec<([u8; 4], Vec<u8>)> {
    let filter = object("filterFX")
        .text("Nm  ", "Gaussian Blur...")
        .object(
            "blendOptions",
            object("blendOptions")
                .unit("Opct", b"#Prc", 50.0)
                .choice("Md  ", "BlnM", "Scrn"),
        )
        .flag("enab", false)
        .object("FrgC", rgb(0.0, 0.0, 0.0))
        .object("Fltr", object("GsnB").unit("Rds ", b"#Pxl", 2.5))
        .long("filterID", 0x4773_6E42);
    let corners = [10.0, 20.0, 90.0, 25.0, 80.0, 95.0, 12.0, 85.0];
    let placed_object = object("null")
        .text("Idnt", "an-id")
        .text("placed", "this-one")
        .long("PgNm", 1)
        .long("Type", 2)
        .numbers("Trnf", &corners)
        .numbers("nonAffineTransform", &corners)
        .object(
            "warp",
            object("warp").choice("warpStyle", "warpStyle", "warpNone"),
        )
        .object("quiltWarp", warp())
        .object("Sz  ", object("Pnt ").number("Wdth", 60.0).number("Hght", 60.0))
        .unit("Rslt", b"#Rsl", 72.0)
        .long("comp", -1)
        .object(
            "filterFX",
            object("filterFXStyle")
                .flag("enab", true)
                .list("filterFXList", &[filter.value()]),
        );
    let effects_object = object("null")
        .unit("Scl ", b"#Prc", 100.0)
        .flag("masterFXSwitch", true)
        .list("dropShadowMulti", &[shadow(3.0).value(), shadow(9.0).value()])
        .object("IrSh", shadow(4.0))
        .object(
            "OrGl",
            shadow(0.0).object("Grad", object("Grdn").choice("GrdF", "GrdF", "ClNs")),
        )
        .object(
            "ebbl",
            object("ebbl")
                .choice("bvlS", "BESl", "PlEb")
                .choice("bvlD", "BESs", "Out "),
        )
        .object("ChFX", object("ChFX").flag("Invr", true))
        .object("GrFl", gradient_fill("GrFl"))
        .object(
            "patternFill",
            object("patternFill").object("Ptrn", object("Ptrn").text("Idnt", "pattern-id")),
        )
        .object(
            "FrFX",
            gradient_fill("FrFX")
                .choice("Styl", "FStl", "CtrF")
                .choice("PntT", "FrFl", "GrFl"),
        );
    let legacy_shadow = Bytes::default()
        .u32s(&[2])
        .i32s(&[7 << 16, 5 << 16, -(90 << 16), 3 << 16])
        .u16s(&[0, 65535, 0, 0, 0])
        .put(b"8BIMmul \x01\x01\xFF")
        .u16s(&[2, 0, 65535, 65535, 65535])
        .0;
    let legacy = Bytes::default()
        .u16s(&[0, 2])
        .put(b"8BIMcmnS\0\0\0\x07\0\0\0\0\x01\0\0")
        .put(b"8BIMdsdw")
        .u32s(&[u32::try_from(legacy_shadow.len()).unwrap()])
        .put(&legacy_shadow)
        .0;
    let type_object = object("TxLr")
        .text("Txt ", "a\u{1F600}b)")
        .choice("Ornt", "Ornt", "Vrtc")
        .choice("AntA", "Annt", "AnCr")
        .data("EngineData", &engine());
    let type_block = Bytes::default()
        .u16s(&[1])
        .f64s(&[1.0, 0.0, 0.0, 1.0, 40.0, 50.0])
        .u16s(&[50])
        .put(&type_object.versioned())
        .u16s(&[1])
        .put(
            &object("warp")
                .choice("warpStyle", "warpStyle", "warpArc")
                .number("warpValue", 50.0)
                .versioned(),
        )
        .i32s(&[1, 2, 3, 4])
        .0;
    let placed_legacy = Bytes::default()
        .put(b"plcL")
        .u32s(&[3])
        .pascal("an-id")
        .u32s(&[1, 1, 16, 2])
        .f64s(&corners)
        .u32s(&[0])
        .put(&warp().versioned())
        .0;
    let linked_block = [
        linked_entry(
            b"liFD",
            7,
            5,
            &Bytes::default()
                .put(b"hello")
                .unicode("")
                .f64s(&[1.5])
                .put(&[1])
                .0,
        ),
        linked_entry(
            b"liFE",
            5,
            0,
            &Bytes::default()
                .put(
                    &object("ExternalFileLink")
                        .text("Nm  ", "art.png")
                        .text("relPath", "../art.png")
                        .versioned(),
                )
                .i32s(&[2024])
                .put(&[2, 29, 23, 59])
                .f64s(&[58.5])
                .put(&77_u64.to_be_bytes())
                .unicode("child")
                .0,
        ),
    ]
    .concat();
    let frame = object("classFloatRect").number("Top ", 1.0).number("Left", 2.0);
    let artboard = object("artboard")
        .object("artboardRect", frame.number("Btom", 30.0).number("Rght", 40.0))
        .object("Clr ", rgb(9.0, 8.0, 7.0))
        .text("artboardPresetName", "Phone")
        .long("artboardBackgroundType", 4);
    let stroke = object("strokeStyle")
        .flag("strokeEnabled", true)
        .unit("strokeStyleLineWidth", b"#Pnt", 3.0)
        .choice(
            "strokeStyleLineCapType",
            "strokeStyleLineCapType",
            "strokeStyleRoundCap",
        )
        .numbers("strokeStyleLineDashSet", &[4.0, 2.0])
        .choice("strokeStyleBlendMode", "BlnM", "Mltp")
        .object(
            "strokeStyleContent",
            object("solidColorLayer").object("Clr ", rgb(1.0, 1.0, 1.0)),
        );
    let origination = object("null").list("keyDescriptorList", &[]);
    let mut all = vec![
        (
            *b"SoLd",
            Bytes::default()
                .put(b"soLD")
                .u32s(&[4])
                .put(&placed_object.versioned())
                .0,
        ),
        (*b"PlLd", placed_legacy),
        (*b"lnk2", linked_block),
        (
            *b"lfx2",
            Bytes::default().u32s(&[0]).put(&effects_object.versioned()).0,
        ),
        (*b"lrFX", legacy),
        (*b"TySh", type_block),
        (*b"Txt2", engine()),
        (*b"vmsk", Bytes::default().u32s(&[3, 5]).put(&square()).0),
        (*b"Patt", pattern()),
        (*b"artb", artboard.versioned()),
        (
            *b"SoCo",
            object("null").object("Clr ", rgb(1.0, 2.0, 3.0)).versioned(),
        ),
        (*b"GdFl", gradient_fill("null").versioned()),
        (
            *b"PtFl",
            object("null")
                .object("Ptrn", object("Ptrn").text("Idnt", "x"))
                .versioned(),
        ),
        (
            *b"vscg",
            Bytes::default()
                .put(b"GdFl")
                .put(&gradient_fill("null").versioned())
                .0,
        ),
        (*b"vstk", stroke.versioned()),
        (
            *b"vogk",
            Bytes::default().u32s(&[1]).put(&origination.versioned()).0,
        ),
    ];
    all.extend(adjustments());
    all
}

/// One block for each adjustment.
pub(crate) fn adjustments() -> Vec<([u8; 4], Vec<u8>)> {
    let bytes = Bytes::default;
    let generated = object("null")
        .long("Brgh", 22)
        .long("Cntr", -7)
        .flag("useLegacy", false);
    let white = object("null")
        .long("Rd  ", -40)
        .flag("useTint", true)
        .object("tintColor", rgb(5.0, 6.0, 7.0));
    let lookup = object("null")
        .choice("lookupType", "colorLookupType", "3DLUT")
        .data("LUT3DFileData", b"LUT");
    let stop = |place: u32, color: [u16; 4]| {
        Bytes::default()
            .u32s(&[place, 50])
            .u16s(&[0])
            .u16s(&color)
            .u16s(&[0])
            .0
    };
    let map = bytes()
        .u16s(&[3])
        .put(&[1, 0])
        .put(b"Smoo")
        .unicode("Map")
        .u16s(&[2])
        .put(&stop(0, [0; 4]))
        .put(&stop(4096, [65535; 4]))
        .u16s(&[1])
        .u32s(&[0, 50])
        .u16s(&[255])
        .u16s(&[2, 4096, 32, 0])
        .0;
    let level = |low: u16| [low, 255, 0, 255, 150];
    let levels = (0..29).fold(bytes().u16s(&[2]), |out, _| out.u16s(&level(10)));
    let levels = levels.put(b"Lvls").u16s(&[3, 31]).u16s(&level(1)).u16s(&level(2));
    let curve = [2, 0, 0, 200, 255];
    let curves = bytes()
        .put(&[0])
        .u16s(&[1])
        .u32s(&[0b101])
        .u16s(&curve)
        .u16s(&curve);
    let curves = curves.put(b"Crv ").u16s(&[4]).u32s(&[1]).u16s(&[2]).u16s(&curve);
    let range = [315, 345, 15, 45, 1, 2, 3];
    let hue = (0..6).fold(
        bytes().u16s(&[2]).put(&[1, 0]).i16s(&[66, 25, 0, 5, -40, 5]),
        |out, _| out.i16s(&range),
    );
    vec![
        (*b"brit", bytes().i16s(&[19, -18, 127]).put(&[0, 0]).0),
        (*b"CgEd", generated.versioned()),
        (*b"levl", levels.0),
        (*b"curv", curves.0),
        (*b"expA", bytes().u16s(&[1]).f32s(&[-2.0, 0.25, 1.5]).0),
        (
            *b"vibA",
            object("null").long("vibrance", 21).long("Strt", -4).versioned(),
        ),
        (*b"hue2", hue.0),
        (
            *b"blnc",
            bytes().i16s(&[0, 0, 0, 16, -21, 33, 38, 35, 38]).put(&[1, 0]).0,
        ),
        (*b"blwh", white.versioned()),
        (
            *b"phfl",
            bytes()
                .u16s(&[2, 7, 4500, 1800])
                .i16s(&[-12300, 0])
                .u32s(&[25])
                .put(&[1])
                .0,
        ),
        (
            *b"mixr",
            bytes()
                .u16s(&[1, 0])
                .i16s(&[100, 0, 0, 0, 0, 0, 100, 0, 0, 5, 0, 0, 100, 0, 0])
                .0,
        ),
        (*b"clrL", bytes().u16s(&[1]).put(&lookup.versioned()).0),
        (*b"nvrt", Vec::new()),
        (*b"post", bytes().u16s(&[16]).0),
        (*b"thrs", bytes().u16s(&[182]).0),
        (*b"grdm", map),
        (
            *b"selc",
            (0..36)
                .fold(bytes().u16s(&[1, 1]).i16s(&[0; 4]), |out, ink| out.i16s(&[ink]))
                .0,
        ),
    ]
}
