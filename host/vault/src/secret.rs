//! A secret in memory.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes that can't be printed or compared by accident. They are zeroed on drop, and only [`Secret::expose`] returns
/// them.
///
/// It is carried and shown as a mask:
/// ```
/// let secret = lockgate_vault::Secret::from("hunter2".to_owned());
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// ```
/// It is not printed:
/// ```compile_fail,E0277
/// let secret = lockgate_vault::Secret::from("hunter2".to_owned());
/// let text = format!("{secret}");
/// ```
/// It is not compared, since that would take longer for a better guess:
/// ```compile_fail,E0369
/// let secret = lockgate_vault::Secret::from("hunter2".to_owned());
/// let same = secret == lockgate_vault::Secret::from("hunter2".to_owned());
/// ```
/// It is not cloned; who shares it puts it into an `Arc`:
/// ```compile_fail,E0599
/// let secret = lockgate_vault::Secret::from("hunter2".to_owned());
/// let copy = secret.clone();
/// ```
/// It is not serialised:
/// ```compile_fail,E0277
/// let secret = lockgate_vault::Secret::from("hunter2".to_owned());
/// let text = serde_json::to_string(&secret);
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The bytes, for the code that uses them: an auth method, a database login, a signature.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Takes the bytes over, without a copy that would stay behind.
impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<Zeroizing<Vec<u8>>> for Secret {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
