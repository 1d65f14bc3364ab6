//! Adjustments as commands of the menu: what a smart object has of them among its smart filters.
//!
//! The settings are those that Photoshop's actions record. Curves were read from `read-smart-object-curves.psd`; the
//! others by the keys that actions are documented with.

use marquetry_pixel::nearest_byte;

use super::{
    Adjustment, BrightnessContrast, Curve, CurvePoint, CurveShape, Curves, HueRange, HueSaturation, Levels,
    LevelsChannel, Shift,
};
use crate::descriptor::{Descriptor, ReferenceForm, Value};
use crate::filter::SmartFilter;

/// The adjustment that a smart filter is. `None` for a filter of another kind, and for one whose settings are not
/// there.
pub fn of_filter(filter: &SmartFilter) -> Option<Adjustment> {
    let id = filter.id.to_be_bytes();
    if &id == b"Invr" {
        return Some(Adjustment::Invert);
    }
    let settings = filter.settings.as_ref()?;
    Some(match &id {
        b"Crvs" => Adjustment::Curves(curves(settings)),
        b"Lvls" => Adjustment::Levels(levels(settings)),
        b"BrgC" => Adjustment::BrightnessContrast(BrightnessContrast {
            brightness: settings.i32("Brgh").unwrap_or(0),
            contrast: settings.i32("Cntr").unwrap_or(0),
            mean: settings.i32("means").unwrap_or(127),
            lab: settings.bool("Lab ").unwrap_or(false),
            legacy: settings.bool("useLegacy").unwrap_or(false),
        }),
        b"HStr" => Adjustment::HueSaturation(hue_saturation(settings)),
        b"Pstr" => Adjustment::Posterize {
            levels: number(settings, "Lvls")?,
        },
        b"Thrs" => Adjustment::Threshold {
            level: number(settings, "Lvl ")?,
        },
        _ => return None,
    })
}

/// The changes that a command lists.
fn changes(settings: &Descriptor) -> impl Iterator<Item = &Descriptor> {
    settings.list("Adjs").iter().filter_map(Value::as_object)
}

/// Which channel a change is of: 0 for all of them together. `None` for one that is none of the picture's.
fn channel(change: &Descriptor) -> Option<u16> {
    let Some(Value::Reference(steps)) = change.get("Chnl") else {
        return None;
    };
    let ReferenceForm::Enumerated(which) = &steps.first()?.form else {
        return None;
    };
    Some(match which.value.as_bytes() {
        b"Cmps" => 0,
        b"Rd  " | b"Cyn " | b"Blck" | b"Gry " | b"Lght" => 1,
        b"Grn " | b"Mgnt" => 2,
        b"Bl  " | b"Yllw" => 3,
        _ => return None,
    })
}

fn curves(settings: &Descriptor) -> Curves {
    let curve = |change: &Descriptor| {
        let points = change.list("Crv ").iter().filter_map(Value::as_object);
        let points = points.filter_map(|point| {
            Some(CurvePoint {
                input: number(point, "Hrzn")?,
                output: number(point, "Vrtc")?,
            })
        });
        let drawn: Vec<u8> = change.list("Mpng").iter().filter_map(byte).collect();
        let shape = match <[u8; 256]>::try_from(drawn) {
            Ok(map) => CurveShape::Map(Box::new(map)),
            Err(_) => CurveShape::Points(points.collect()),
        };
        Some(Curve {
            channel: channel(change)?,
            shape,
        })
    };
    Curves {
        curves: changes(settings).filter_map(curve).collect(),
    }
}

fn levels(settings: &Descriptor) -> Levels {
    let still = LevelsChannel {
        input_black: 0,
        input_white: 255,
        output_black: 0,
        output_white: 255,
        gamma: 1.0,
    };
    let mut channels = vec![still; 4];
    for change in changes(settings) {
        let ends = |key| {
            let ends = change.list(key);
            (
                ends.first().and_then(byte).unwrap_or(0),
                ends.get(1).and_then(byte).unwrap_or(255),
            )
        };
        let (input, output) = (ends("Inpt"), ends("Otpt"));
        if let Some(record) = channel(change).and_then(|at| channels.get_mut(usize::from(at))) {
            *record = LevelsChannel {
                input_black: input.0.into(),
                input_white: input.1.into(),
                output_black: output.0.into(),
                output_white: output.1.into(),
                gamma: change.f64("Gmm ").unwrap_or(1.0),
            };
        }
    }
    Levels { channels }
}

fn hue_saturation(settings: &Descriptor) -> HueSaturation {
    let mut found = HueSaturation {
        colorize: settings.bool("Clrz").unwrap_or(false),
        colorization: Shift::default(),
        master: Shift::default(),
        ranges: [HueRange::default(); 6],
    };
    for change in changes(settings) {
        let whole = |key| {
            change
                .i64(key)
                .and_then(|value| i16::try_from(value).ok())
                .unwrap_or(0)
        };
        let shift = Shift {
            hue: whole("H   "),
            saturation: whole("Strt"),
            lightness: whole("Lght"),
        };
        let range = change.i64("LclR").and_then(|range| usize::try_from(range).ok());
        match range.and_then(|range| found.ranges.get_mut(range.checked_sub(1)?)) {
            Some(range) => {
                *range = HueRange {
                    limits: ["BgnR", "BgnS", "EndS", "EndR"].map(whole),
                    shift,
                };
            }
            None => (found.master, found.colorization) = (shift, shift),
        }
    }
    found
}

/// A whole number that is not below zero.
fn number(object: &Descriptor, key: &str) -> Option<u16> {
    object.i64(key).and_then(|value| u16::try_from(value).ok())
}

fn byte(value: &Value) -> Option<u8> {
    value.as_f64().map(nearest_byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::seed::{Object, object};

    fn read(id: [u8; 4], settings: Object) -> Option<Adjustment> {
        let bytes = settings.versioned();
        of_filter(&SmartFilter {
            name: String::new(),
            enabled: true,
            has_options: true,
            blend: None,
            opacity: 1.0,
            foreground: None,
            background: None,
            id: i32::from_be_bytes(id),
            settings: Descriptor::parse(&bytes, 0, &Limits::default()).ok(),
        })
    }

    /// A reference to a channel.
    fn of(class: &'static str, channel: &[u8; 4]) -> Object {
        let name = |name: &[u8; 4]| [&[0; 4], &name[..]].concat();
        let step = [
            b"obj \0\0\0\x01Enmr\0\0\0\x01\0\0".to_vec(),
            name(b"Chnl"),
            name(b"Chnl"),
            name(channel),
        ];
        object(class).raw("Chnl", &step.concat())
    }

    fn whole(value: i32) -> Vec<u8> {
        [&b"long"[..], &value.to_be_bytes()].concat()
    }

    #[test]
    fn curves_know_their_channels() {
        let point = |x: f64, y: f64| object("Pnt ").number("Hrzn", x).number("Vrtc", y).value();
        let points = [point(0.0, 10.0), point(132.0, 196.0)];
        let map: Vec<Vec<u8>> = (0..256).rev().map(whole).collect();
        let all = of("CrvA", b"Cmps").list("Crv ", &points).value();
        let blue = of("CrvA", b"Bl  ").list("Mpng", &map).value();
        let curves = read(*b"Crvs", object("Crvs").list("Adjs", &[all, blue]));
        let Some(Adjustment::Curves(curves)) = curves else {
            panic!("{curves:?}")
        };
        let [all, blue] = &curves.curves[..] else {
            panic!("{curves:?}")
        };
        assert_eq!((all.channel, blue.channel), (0, 3));
        let points = [(0, 10), (132, 196)].map(|(input, output)| CurvePoint { input, output });
        assert_eq!(all.shape, CurveShape::Points(points.to_vec()));
        assert!(matches!(&blue.shape, CurveShape::Map(map) if map[0] == 255 && map[255] == 0));
        // A preset that nobody changed lists nothing.
        assert_eq!(
            read(*b"Crvs", object("Crvs")),
            Some(Adjustment::Curves(Curves { curves: Vec::new() }))
        );
    }

    #[test]
    fn levels_and_hues_are_read() {
        let green = of("LvlA", b"Grn ")
            .list("Inpt", &[whole(12), whole(240)])
            .list("Otpt", &[whole(5), whole(250)])
            .number("Gmm ", 1.5);
        let Some(Adjustment::Levels(levels)) = read(*b"Lvls", object("Lvls").list("Adjs", &[green.value()]))
        else {
            panic!()
        };
        assert!(levels.channels[0].is_identity() && levels.channels[3].is_identity());
        let record = levels.channels[2];
        assert_eq!(
            (record.input_black, record.input_white, record.gamma),
            (12, 240, 1.5)
        );
        assert_eq!((record.output_black, record.output_white), (5, 250));

        let shift = |hue| object("Hst2").long("H   ", hue).long("Strt", -20).long("Lght", 3);
        let reds = shift(40)
            .long("LclR", 1)
            .long("BgnR", 315)
            .long("BgnS", 345)
            .long("EndS", 15)
            .long("EndR", 45);
        let settings = object("HStr")
            .flag("Clrz", false)
            .list("Adjs", &[shift(7).value(), reds.value()]);
        let Some(Adjustment::HueSaturation(change)) = read(*b"HStr", settings) else {
            panic!()
        };
        assert_eq!((change.master.hue, change.master.saturation), (7, -20));
        assert_eq!(change.ranges[0].limits, [315, 345, 15, 45]);
        assert_eq!(change.ranges[0].shift.hue, 40);
    }

    #[test]
    fn other_filters_are_no_adjustments() {
        assert_eq!(read(*b"Invr", object("Invr")), Some(Adjustment::Invert));
        assert_eq!(
            read(*b"Pstr", object("Pstr").long("Lvls", 4)),
            Some(Adjustment::Posterize { levels: 4 })
        );
        assert_eq!(read(*b"Thrs", object("Thrs").long("Lvl ", -4)), None);
        assert_eq!(read(*b"GsnB", object("GsnB")), None);
    }
}
