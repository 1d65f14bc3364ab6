//! Objects and their members: which are there, under which spelling, and what is noted when one is not.

use serde_json::{Map, Value};

use super::{FieldError, Ledger, MOST_ERRORS, Place, Present, RuleError, Step, dotted};

/// An object whose members are being read.
pub(crate) struct Object<'a, C> {
    pub(super) members: &'a Map<String, Value>,
    pub(super) place: Place<'a>,
    pub(super) ledger: &'a Ledger<C>,
}

impl<C> Object<'_, C> {
    /// The member called `name`, which may be absent. `null`, and in a query an empty text, count as absent.
    pub(crate) fn field(&self, name: &'static str) -> Field<'_, C> {
        let value = self.members.get(name).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !(self.ledger.origin.is_text() && text.is_empty()),
            _ => true,
        });
        Field {
            value,
            place: Place {
                parent: Some(&self.place),
                step: Step::Name(name),
            },
            ledger: self.ledger,
        }
    }

    /// The first of several spellings that is there, else the first spelling, absent.
    pub(crate) fn either(&self, name: &'static str, aliases: &[&'static str]) -> Field<'_, C> {
        let spelled = std::iter::once(&name)
            .chain(aliases)
            .find(|spelling| self.field(spelling).value.is_some())
            .unwrap_or(&name);
        self.field(spelled)
    }

    /// Whether a member of that name is there and not `null`.
    pub(crate) fn has(&self, name: &'static str) -> bool {
        self.field(name).value.is_some()
    }

    /// Whether a member of that name is there and is `null`.
    pub(crate) fn is_null(&self, name: &'static str) -> bool {
        self.members.get(name).is_some_and(Value::is_null)
    }

    /// Notes a broken rule that hangs on `name` (or on the object itself when `name` is empty); always `None`.
    pub(crate) fn rule<T>(&self, name: &'static str, code: Option<C>, message: &str) -> Option<T> {
        let mut path = self.place.path();
        if !name.is_empty() {
            path.push(Step::Name(name));
        }
        let at = dotted(&path);
        let message = if at.is_empty() {
            message.to_owned()
        } else {
            format!("{at} {message}")
        };
        let mut rules = self.ledger.rules.borrow_mut();
        if rules.len() < MOST_ERRORS {
            rules.push(RuleError { code, message });
        }
        None
    }
}

/// A member that may be absent.
pub(crate) struct Field<'a, C> {
    value: Option<&'a Value>,
    place: Place<'a>,
    ledger: &'a Ledger<C>,
}

impl<'a, C> Field<'a, C> {
    fn present(self) -> Result<Present<'a, C>, Self> {
        match self.value {
            Some(value) => Ok(Present {
                value,
                place: self.place,
                ledger: self.ledger,
            }),
            None => Err(self),
        }
    }

    /// It has to be there.
    pub(crate) fn need<T>(self, read: impl FnOnce(Present<'a, C>) -> Option<T>) -> Option<T> {
        match self.present() {
            Ok(present) => read(present),
            Err(absent) => note(absent.ledger, &absent.place, "missing", "this field is required"),
        }
    }

    /// `default` when it is absent.
    pub(crate) fn or<T>(self, default: T, read: impl FnOnce(Present<'a, C>) -> Option<T>) -> Option<T> {
        match self.present() {
            Ok(present) => read(present),
            Err(_) => Some(default),
        }
    }

    /// `Some(None)` when it is absent.
    pub(crate) fn maybe<T>(self, read: impl FnOnce(Present<'a, C>) -> Option<T>) -> Option<Option<T>> {
        match self.present() {
            Ok(present) => read(present).map(Some),
            Err(_) => Some(None),
        }
    }
}

pub(super) fn note<T, C>(
    ledger: &Ledger<C>,
    place: &Place<'_>,
    kind: &'static str,
    message: impl Into<String>,
) -> Option<T> {
    let mut fields = ledger.fields.borrow_mut();
    if fields.len() < MOST_ERRORS {
        fields.push(FieldError {
            path: place.path(),
            kind,
            message: message.into(),
        });
    }
    None
}
