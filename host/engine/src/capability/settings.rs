//! `lockgate:connector/settings`: visible values that people have set.

use wasmtime::component::{HasData, Linker};

use super::lockgate::connector::settings::{self, Host};
use crate::host_calls::HostCalls;
use crate::state::{GuestState, Phase};

/// What the functions of this interface see of an instance.
pub(crate) struct SettingsView<'a> {
    phase: &'a Phase,
    calls: &'a mut HostCalls,
}

struct HasSettings;

impl HasData for HasSettings {
    type Data<'a> = SettingsView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    settings::add_to_linker::<_, HasSettings>(linker, view)
}

fn view(state: &mut GuestState) -> SettingsView<'_> {
    SettingsView { phase: &state.phase, calls: &mut state.calls }
}

impl Host for SettingsView<'_> {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.calls.count()?;
        Ok(self.phase.facts("settings.get")?.settings.get(&name).map(ToString::to_string))
    }

    fn all(&mut self) -> wasmtime::Result<String> {
        self.calls.count()?;
        Ok(serde_json::to_string(&*self.phase.facts("settings.all")?.settings)?)
    }
}
