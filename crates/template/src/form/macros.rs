//! The declarations: a record, a choice of names, a number with bounds, a name with rules. Each gives
//! the type, its reading, its writing and its schema.

/// A struct of members. Each is `required`, `optional` (an `Option`) or an `or` with its default.
macro_rules! record {
    ($(#[doc = $doc:literal])+ $vis:vis struct $name:ident { $(
        $(#[doc = $about:literal])+
        $member:ident($wire:literal): $kind:tt $of:ty $(= $default:expr)?;
    )+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name { $(
            $(#[doc = $about])+
            $vis $member: $crate::form::record!(@type $kind $of),
        )+ }

        impl $crate::form::Record for $name {
            fn take(
                members: &mut $crate::form::Members<'_>,
                path: &$crate::problem::Path<'_>,
                reader: &mut $crate::form::Reader<'_>,
            ) -> Option<Self> {
                // All of them first, so that all problems are said.
                $(let $member = $crate::form::record!(@take $kind $of, members, $wire, path, reader $(, $default)?);)+
                Some(Self { $($member: $member?),+ })
            }

            fn put(&self, object: &mut serde_json::Map<String, serde_json::Value>) {
                $($crate::form::record!(@put $kind $of, self.$member, object, $wire $(, $default)?);)+
            }

            fn describe(
                object: &mut $crate::form::Described,
                generator: &mut schemars::SchemaGenerator,
            ) {
                $($crate::form::record!(
                    @describe $kind $of, object, $wire, concat!($($about, "\n"),+), generator $(, $default)?
                );)+
            }
        }

        impl $crate::form::Form for $name {
            fn read(
                value: &serde_json::Value,
                path: &$crate::problem::Path<'_>,
                reader: &mut $crate::form::Reader<'_>,
            ) -> Option<Self> {
                $crate::form::read_record(value, path, reader)
            }

            fn write(&self) -> serde_json::Value {
                $crate::form::write_record(self)
            }

            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                generator.subschema_for::<Self>()
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::form::Described::of::<Self>(generator).finish(concat!($($doc, "\n"),+))
            }
        }
    };

    (@type required $of:ty) => { $of };
    (@type or $of:ty) => { $of };
    (@type optional $of:ty) => { Option<$of> };

    (@take required $of:ty, $members:ident, $wire:literal, $path:ident, $reader:ident) => {
        $members.required::<$of>($wire, $path, $reader)
    };
    (@take or $of:ty, $members:ident, $wire:literal, $path:ident, $reader:ident, $default:expr) => {
        $members.optional::<$of>($wire, $path, $reader).map(|given| given.unwrap_or_else(|| $default))
    };
    (@take optional $of:ty, $members:ident, $wire:literal, $path:ident, $reader:ident) => {
        $members.optional::<$of>($wire, $path, $reader)
    };

    (@put required $of:ty, $value:expr, $object:ident, $wire:literal) => {
        $object.insert($wire.into(), $crate::form::Form::write(&$value));
    };
    (@put or $of:ty, $value:expr, $object:ident, $wire:literal, $default:expr) => {
        if $value != $default {
            $object.insert($wire.into(), $crate::form::Form::write(&$value));
        }
    };
    (@put optional $of:ty, $value:expr, $object:ident, $wire:literal) => {
        if let Some(value) = &$value {
            $object.insert($wire.into(), $crate::form::Form::write(value));
        }
    };

    (@describe required $of:ty, $object:ident, $wire:literal, $about:expr, $generator:ident) => {
        $object.required($wire, $about, <$of as $crate::form::Form>::schema($generator));
    };
    (@describe or $of:ty, $object:ident, $wire:literal, $about:expr, $generator:ident, $default:expr) => {
        let default: $of = $default;
        let default = $crate::form::Form::write(&default);
        $object.optional($wire, $about, <$of as $crate::form::Form>::schema($generator), Some(default));
    };
    (@describe optional $of:ty, $object:ident, $wire:literal, $about:expr, $generator:ident) => {
        $object.optional($wire, $about, <$of as $crate::form::Form>::schema($generator), None);
    };
}

/// An enum whose variants are names in JSON.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ pub enum $name:ident {
        $($(#[doc = $about:literal])+ $variant:ident = $wire:literal,)+
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[doc = $about])+ $variant,)+ }

        impl $name {
            /// Each of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What it is called in JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $wire),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl $crate::form::Form for $name {
            fn read(
                value: &serde_json::Value,
                path: &$crate::problem::Path<'_>,
                reader: &mut $crate::form::Reader<'_>,
            ) -> Option<Self> {
                const NAMES: &[&str] = &[$($wire),+];
                let serde_json::Value::String(text) = value else {
                    return reader.mismatch(value, path, &format!("one of {}", NAMES.join(", ")));
                };
                let found = Self::ALL.iter().copied().find(|choice| choice.name() == text);
                if found.is_none() {
                    let hint = $crate::problem::hint(text, NAMES.iter().copied());
                    let text = $crate::problem::quoted(text);
                    reader.complain(path, format!("{text} is none of {}{hint}", NAMES.join(", ")));
                }
                found
            }

            fn write(&self) -> serde_json::Value {
                self.name().into()
            }

            fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "enum": [$($wire),+] })
            }
        }
    };
}

/// A number with a fraction, within bounds.
macro_rules! number {
    ($(#[doc = $doc:literal])+ pub struct $name:ident: $least:literal..=$most:literal;) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// The least there may be.
            pub const LEAST: Self = Self($least);
            /// The most there may be.
            pub const MOST: Self = Self($most);

            #[doc = concat!("`None` outside `", $least, "..=", $most, "`.")]
            pub fn new(number: f64) -> Option<Self> {
                ($least..=$most).contains(&number).then_some(Self(number))
            }

            /// The nearest there may be; what is no number becomes the least.
            pub fn clamped(number: f64) -> Self {
                Self(if number.is_nan() { $least } else { number.clamp($least, $most) })
            }

            /// For defaults that stand in the source.
            #[allow(dead_code, reason = "not every number has a default")]
            pub(crate) const fn fixed(number: f64) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl $crate::form::Form for $name {
            fn read(
                value: &serde_json::Value,
                path: &$crate::problem::Path<'_>,
                reader: &mut $crate::form::Reader<'_>,
            ) -> Option<Self> {
                let Some(number) = value.as_f64() else {
                    return reader.mismatch(value, path, &format!("a number of {} to {}", $least, $most));
                };
                let read = Self::new(number);
                if read.is_none() {
                    reader.complain(path, format!("is {value}, {} to {} is allowed", $least, $most));
                }
                read
            }

            fn write(&self) -> serde_json::Value {
                $crate::form::number_value(self.0)
            }

            fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "number",
                    "minimum": $crate::form::number_value($least),
                    "maximum": $crate::form::number_value($most),
                })
            }
        }
    };
}

/// A whole number within bounds.
macro_rules! whole {
    ($(#[doc = $doc:literal])+ pub struct $name:ident: $least:literal..=$most:literal;) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);

        impl $name {
            #[doc = concat!("`None` outside `", $least, "..=", $most, "`.")]
            pub fn new(number: u32) -> Option<Self> {
                ($least..=$most).contains(&number).then_some(Self(number))
            }

            /// For defaults that stand in the source.
            #[allow(dead_code, reason = "not every whole number has a default")]
            pub(crate) const fn fixed(number: u32) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl $crate::form::Form for $name {
            fn read(
                value: &serde_json::Value,
                path: &$crate::problem::Path<'_>,
                reader: &mut $crate::form::Reader<'_>,
            ) -> Option<Self> {
                let Some(number) = value.as_f64() else {
                    return reader.mismatch(value, path, "a whole number");
                };
                // 600.0 is as good a whole number as 600, in JSON Schema too.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and in range")]
                let read = (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number))
                    .then_some(number as u32)
                    .and_then(Self::new);
                if read.is_none() {
                    reader.complain(
                        path,
                        format!("is {value}, a whole number of {} to {} is allowed", $least, $most),
                    );
                }
                read
            }

            fn write(&self) -> serde_json::Value {
                self.0.into()
            }

            fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "integer", "minimum": $least, "maximum": $most })
            }
        }
    };
}

/// A short text with rules. `$legal` says which characters it may have, `$pattern` says the same to
/// readers of the schema and `$words` to people.
macro_rules! name {
    ($(#[doc = $doc:literal])+ pub struct $name:ident: 1..=$most:literal, $legal:expr, $pattern:literal, $words:literal;) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("`None` unless it is 1 to ", $most, " characters: ", $words, ".")]
            pub fn new(text: impl Into<String>) -> Option<Self> {
                let text = text.into();
                let legal: fn(char) -> bool = $legal;
                // Bytes first, so that nothing hostile is counted to its end.
                let short = text.len() <= $most * 4 && text.chars().count() <= $most;
                (!text.is_empty() && short && text.chars().all(legal)).then_some(Self(text))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl $crate::form::Form for $name {
            fn read(
                value: &serde_json::Value,
                path: &$crate::problem::Path<'_>,
                reader: &mut $crate::form::Reader<'_>,
            ) -> Option<Self> {
                const RULE: &str = concat!("1 to ", $most, " characters: ", $words);
                let serde_json::Value::String(text) = value else {
                    return reader.mismatch(value, path, RULE);
                };
                let read = Self::new(text);
                if read.is_none() {
                    reader.complain(path, format!("{} is not {RULE}", $crate::problem::quoted(text)));
                }
                read
            }

            fn write(&self) -> serde_json::Value {
                self.0.clone().into()
            }

            fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string", "minLength": 1, "maxLength": $most, "pattern": $pattern,
                })
            }
        }
    };
}

pub(crate) use {choice, name, number, record, whole};
