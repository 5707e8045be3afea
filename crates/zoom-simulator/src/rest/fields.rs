//! Reads the fields of a JSON body and gathers what is wrong with them, so that one answer names all.

use serde_json::{Map, Value};

use crate::account::{FieldError, Refusal, chinese_characters};

pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    prefix: &'static str,
    errors: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// `prefix` stands before field names in errors, with its dot.
    pub(super) fn new(object: &'a Map<String, Value>, prefix: &'static str) -> Self {
        Self { object, prefix, errors: Vec::new() }
    }

    pub(super) fn reject(&mut self, name: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: format!("{}{name}", self.prefix), message: message.into() });
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A field's value; null counts as absent. A dot stands between an object's name and that of its field.
    fn value(&self, name: &str) -> Option<&'a Value> {
        let nested = || {
            let (outer, inner) = name.split_once('.')?;
            self.object.get(outer)?.get(inner)
        };
        self.object.get(name).or_else(nested).filter(|value| !value.is_null())
    }

    fn read<T>(&mut self, name: &str, kind: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.value(name)?;
        let found = read(value);
        if found.is_none() {
            self.reject(name, format!("The value must be {kind}."));
        }
        found
    }

    pub(super) fn text(&mut self, name: &str, max: usize) -> Option<String> {
        let text = self.read(name, "a string", Value::as_str)?;
        if text.chars().count() > max {
            self.reject(name, format!("The value must not exceed {max} characters."));
        }
        Some(text.to_owned())
    }

    /// A name: besides its length, the number of its Chinese characters is limited.
    pub(super) fn name(&mut self, name: &str, max: usize, max_chinese: usize) -> Option<String> {
        let text = self.text(name, max)?;
        if chinese_characters(&text) > max_chinese {
            self.reject(name, format!("The value must not exceed {max_chinese} Chinese characters."));
        }
        Some(text)
    }

    /// A text that is empty or passes `valid`.
    pub(super) fn checked(&mut self, name: &str, what: &str, valid: impl FnOnce(&str) -> bool) -> Option<String> {
        let text = self.text(name, 512)?;
        if !text.is_empty() && !valid(&text) {
            self.reject(name, format!("The value must be {what}."));
        }
        Some(text)
    }

    pub(super) fn integer(&mut self, name: &str) -> Option<i64> {
        self.read(name, "an integer", Value::as_i64)
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub(super) fn object(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        self.read(name, "an object", Value::as_object)
    }

    /// A list of at most `max` things of one shape.
    pub(super) fn list<T: serde::de::DeserializeOwned>(&mut self, name: &str, max: usize) -> Option<Vec<T>> {
        let items = self.read(name, "an array", Value::as_array)?;
        if items.len() > max {
            self.reject(name, format!("At most {max} are allowed."));
        }
        let read: Result<Vec<T>, _> = items.iter().map(|item| serde_json::from_value(item.clone())).collect();
        match read {
            Ok(list) => Some(list),
            Err(error) => {
                self.reject(name, error.to_string());
                None
            }
        }
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors)) }
    }
}
