//! A script of a file, without a host: what `lockgate run FILE` runs.

use lockgate_domain::Limits;
use lockgate_engine::Engine;
use serde_json::Value;

use crate::author::run::LocalRun;
use crate::catalog::definition::unsaved;
use crate::catalog::scripts;
use crate::change::connectors::checked;
use crate::{Connector, DefinitionEntry, FlowError, LocalGroup};

impl LocalGroup {
    /// Runs the connector of a definition that is a script, in this group. `limits` are those of a run without a group.
    ///
    /// # Errors
    /// [`FlowError::Definition`] for what is wrong with the script; what else goes wrong is the result of the run.
    pub async fn run_script(
        &self,
        engine: &Engine,
        definition: &Value,
        limits: Option<Limits>,
        input: String,
    ) -> Result<LocalRun, FlowError> {
        let definition = checked(definition, "").map_err(FlowError::Definition)?;
        let broken = scripts::check(&lockgate_script::Scripts::new(engine.clone()), &definition, "").await?;
        if !broken.is_empty() {
            return Err(FlowError::Definition(broken));
        }
        let entry = DefinitionEntry::new(unsaved(self.id(), definition), None);
        let connector = Connector::defined(entry, &self.definition().limits, &Default::default());
        let limits = limits.unwrap_or_else(|| self.limits_of(&connector));
        Ok(self.call(engine, None, connector, limits, input).await)
    }
}
