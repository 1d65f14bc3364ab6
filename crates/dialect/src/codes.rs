//! What the stable codes of every dialect are made by: one table of names, spellings and statuses.

macro_rules! codes {
    ($(#[$about:meta])* enum Code; $($(#[$doc:meta])* $name:ident = $spelling:literal, $status:literal;)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its spelling on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $spelling,)* }
            }

            /// The HTTP status of an answer that carries it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}
