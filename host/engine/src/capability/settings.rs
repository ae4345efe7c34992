//! `lockgate:connector/settings`: visible values that people have set.

use super::lockgate::connector::settings::Host;
use crate::state::GuestState;

impl Host for GuestState {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.calls.count()?;
        Ok(self.facts("settings.get")?.settings.get(&name).map(ToString::to_string))
    }

    fn all(&mut self) -> wasmtime::Result<String> {
        self.calls.count()?;
        Ok(serde_json::to_string(&*self.facts("settings.all")?.settings)?)
    }
}
