//! Pictures to choose a virtual background from, of a group or of a person (Zoom API reference, Groups and Users: virtual
//! background files).

use serde_json::{Value, json};

use super::Refusal;
use super::settings::{Tree, merge};

/// What an image may be and how many there may be.
const IMAGE_LIMIT: usize = 15 << 20;
const IMAGES: usize = 10;

/// The pictures, as calls show them. Their bytes are not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Backgrounds(Vec<Value>);

impl Backgrounds {
    /// Adds a picture under a new id and gives it as calls show it.
    pub(super) fn add(&mut self, id: &str, file: &[u8]) -> Result<Value, Refusal> {
        let kind = match file {
            [0x89, b'P', b'N', b'G', ..] => "png",
            [0xff, 0xd8, 0xff, ..] => "jpg",
            _ => return Err(Refusal::Upload("Only jpg/jpeg or png image file can be uploaded.")),
        };
        if file.len() > IMAGE_LIMIT {
            return Err(Refusal::Upload("File size cannot exceed 15M."));
        }
        if self.0.len() >= IMAGES {
            return Err(Refusal::Upload("A maximum of 10 files are allowed for a user."));
        }
        let name = format!("{id}.{kind}");
        let background = json!({"id": id, "name": name, "type": "image", "size": file.len(), "is_default": false});
        self.0.push(background.clone());
        Ok(background)
    }

    /// Takes pictures away; all of them must be there.
    pub(super) fn remove(&mut self, ids: &[&str]) -> Result<(), Refusal> {
        let has = |file: &Value, id: &str| file.get("id").and_then(Value::as_str) == Some(id);
        if ids.is_empty() || ids.iter().any(|id| self.0.iter().all(|file| !has(file, id))) {
            return Err(Refusal::BadRequest("Invalid parameter: file_ids.".to_owned()));
        }
        self.0.retain(|file| ids.iter().all(|id| !has(file, id)));
        Ok(())
    }

    /// Puts the pictures where a tree of settings shows them.
    pub(super) fn show_in(&self, tree: &mut Tree) {
        let files = json!({"virtual_background_settings": {"files": self.0}});
        merge(tree, &Tree::from_iter([("in_meeting".to_owned(), files)]));
    }
}
