//! The key ring: a host's master keys. Text of one line a key, the active one last, so a file of one line is a ring.

use zeroize::Zeroizing;

use crate::key::{KEY_BYTES, PREFIX};
use crate::{KeyError, KeyId, MasterKey};

/// One master key or more. Values are sealed under the active one; the others open what was sealed before, until a
/// rotation has wrapped it anew.
///
/// Its text is asked for by name, since whoever has it has everything:
/// ```compile_fail,E0277
/// let text = format!("{}", lockgate_vault::KeyRing::generate().unwrap());
/// ```
/// ```compile_fail,E0277
/// let text = serde_json::to_string(&lockgate_vault::KeyRing::generate().unwrap());
/// ```
#[derive(Debug)]
pub struct KeyRing {
    active: MasterKey,
    /// Oldest first.
    former: Vec<MasterKey>,
}

impl KeyRing {
    /// A ring with one new key.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self { active: MasterKey::generate()?, former: Vec::new() })
    }

    /// The ring that a text holds; `origin` names the text in errors.
    pub(crate) fn parse(origin: &str, text: &str) -> Result<Self, KeyError> {
        let mut former: Vec<MasterKey> = Vec::new();
        for (line, key) in (1..).zip(text.lines()).filter(|(_, key)| !key.trim().is_empty()) {
            let origin = || origin.to_owned();
            let key = MasterKey::parse(key.trim()).ok_or_else(|| KeyError::Format { origin: origin(), line })?;
            if former.iter().any(|other| other.id() == key.id()) {
                return Err(KeyError::Repeated { origin: origin(), line, id: key.id() });
            }
            former.push(key);
        }
        let active = former.pop().ok_or_else(|| KeyError::Empty(origin.to_owned()))?;
        Ok(Self { active, former })
    }

    /// The ring as text, to be kept where its owner alone reads it.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let bytes = (self.former.len() + 1) * (PREFIX.len() + 2 * KEY_BYTES + 1);
        // Large enough from the start: growing would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(bytes));
        self.former.iter().chain([&self.active]).for_each(|key| key.write(&mut text));
        text
    }

    /// The same text, for the one person who keeps it.
    pub fn reveal(&self) -> Zeroizing<String> {
        self.text()
    }

    /// The key that seals.
    pub fn active(&self) -> &MasterKey {
        &self.active
    }

    /// The keys that only open, oldest first.
    pub fn former(&self) -> &[MasterKey] {
        &self.former
    }

    pub(crate) fn into_active(self) -> MasterKey {
        self.active
    }

    /// Begins a rotation: a new key becomes the active one.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn add(&mut self) -> Result<KeyId, KeyError> {
        self.former.push(std::mem::replace(&mut self.active, MasterKey::generate()?));
        Ok(self.active.id())
    }

    /// Ends a rotation: only the active key stays. What is still sealed under another can't be opened any more.
    pub fn retire(&mut self) {
        self.former.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_active_key() {
        let mut ring = KeyRing::generate().unwrap();
        let first = ring.active().id();
        let second = ring.add().unwrap();
        let read = KeyRing::parse("test", &ring.text()).unwrap();
        assert_eq!((read.active().id(), read.former()[0].id()), (second, first));
        ring.retire();
        assert_eq!(ring.text().lines().count(), 1);
        assert_eq!(KeyRing::parse("test", &ring.text()).unwrap().active().id(), second);
    }

    #[test]
    fn what_is_no_ring_is_refused_with_its_line() {
        let ring = KeyRing::generate().unwrap().text();
        let refused = |text: &str| KeyRing::parse("test", text).unwrap_err().to_string();
        assert!(refused("\n\n").starts_with("test holds no key"));
        assert!(refused(&format!("{}\nlockgate-key-2:00", ring.trim_end())).starts_with("test, line 2: expected"));
        assert!(refused(&format!("{PREFIX}{}", "g".repeat(64))).starts_with("test, line 1: expected"));
        assert!(refused(&format!("{}{}", *ring, *ring)).contains("is there twice"));
    }
}
