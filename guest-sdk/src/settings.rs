//! Values that people have set for the connector and that are no secrets: the group's settings and the visible fields
//! of the connection.

use crate::{Failure, host};
use serde::de::DeserializeOwned;

/// One setting, or none when nobody has set it.
///
/// # Errors
/// Code `invalid_setting` when the value is of another type.
///
/// ```
/// use lockgate_sdk::{Failure, settings};
/// # lockgate_sdk::testing::set_setting("page_size", 50);
///
/// fn page_size() -> Result<u32, Failure> {
///     Ok(settings::get("page_size")?.unwrap_or(20))
/// }
/// assert_eq!(page_size().unwrap(), 50);
/// ```
pub fn get<T: DeserializeOwned>(name: &str) -> Result<Option<T>, Failure> {
    host::setting(name)
        .map(|value| serde_json::from_str(&value))
        .transpose()
        .map_err(|error| Failure::new("invalid_setting", format!("the setting `{name}` does not fit: {error}")))
}

/// All settings at once, read into a struct.
///
/// # Errors
/// Code `invalid_setting` when they don't fit the type.
///
/// ```
/// # lockgate_sdk::testing::set_setting("page_size", 50);
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     page_size: u32,
///     language: Option<String>,
/// }
///
/// let settings: Settings = lockgate_sdk::settings::all().unwrap();
/// assert_eq!((settings.page_size, settings.language), (50, None));
/// ```
pub fn all<T: DeserializeOwned>() -> Result<T, Failure> {
    serde_json::from_str(&host::settings())
        .map_err(|error| Failure::new("invalid_setting", format!("the settings do not fit: {error}")))
}
