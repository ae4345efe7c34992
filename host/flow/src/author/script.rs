//! A script of a file, without a host: what `lockgate run FILE` runs.

use std::sync::Arc;

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
        let connector = self.typed(engine, definition).await?;
        let limits = limits.unwrap_or_else(|| self.limits_of(&connector));
        Ok(self.call(engine, None, connector, limits, input).await)
    }

    /// The connector of a definition as a host would save it: checked, with the schemas that its types say.
    pub(super) async fn typed(&self, engine: &Engine, definition: &Value) -> Result<Arc<Connector>, FlowError> {
        let (scripts, scope) = (self.scripts(engine), self.scope());
        let definition = scripts::typed(&scripts, scope, definition.clone()).await?;
        let definition = checked(&definition, "").map_err(FlowError::Definition)?;
        let broken = scripts::check(&scripts, scope, &definition, "").await?;
        if !broken.is_empty() {
            return Err(FlowError::Definition(broken));
        }
        let entry = DefinitionEntry::new(unsaved(self.id(), definition), None);
        Ok(Connector::defined(entry, &self.definition().limits, &Default::default()))
    }
}
