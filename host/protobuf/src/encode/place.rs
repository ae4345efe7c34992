//! Where in a JSON value the writer is. A pointer is made only for an error.

use crate::NotEncoded;

/// Bytes of a pointer that an error shows.
const POINTER_MAX: usize = 1_000;

pub(super) enum Place<'p> {
    Root,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    pub(super) fn member<'p>(&'p self, key: &'p str) -> Place<'p> {
        Place::Member(self, key)
    }

    pub(super) fn item(&self, index: usize) -> Place<'_> {
        Place::Item(self, index)
    }

    /// The error that the value here is not what was expected.
    pub(super) fn wrong(&self, detail: impl Into<String>) -> NotEncoded {
        let mut pointer = String::new();
        self.write(&mut pointer);
        if pointer.len() > POINTER_MAX {
            pointer.truncate(pointer.floor_char_boundary(POINTER_MAX));
            pointer.push('…');
        }
        NotEncoded::Value { pointer, detail: detail.into() }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Root => {}
            Self::Member(parent, key) => {
                parent.write(out);
                out.push('/');
                if out.len() <= POINTER_MAX {
                    out.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
            }
            Self::Item(parent, index) => {
                parent.write(out);
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
    }
}
