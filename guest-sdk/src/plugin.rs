//! A plugin: the connectors of one component.

use crate::{
    Failure,
    connector::{Definition, answer},
};
use serde::Serialize;
use serde_json::{Value, json};

/// The connectors of one component; [`plugin!`](crate::plugin) defines it as `PLUGIN`.
///
/// ```
/// use lockgate_sdk::prelude::*;
///
/// /// Answer with what came in.
/// #[connector]
/// fn echo(input: Value) -> Value {
///     input
/// }
///
/// lockgate_sdk::plugin!(echo);
/// assert_eq!(PLUGIN.manifest()["connectors"][0]["title"], "Echo");
/// assert_eq!(PLUGIN.call("echo", 7).unwrap(), 7);
/// ```
#[derive(Debug)]
pub struct Plugin {
    #[doc(hidden)]
    pub name: &'static str,
    #[doc(hidden)]
    pub version: &'static str,
    #[doc(hidden)]
    pub description: &'static str,
    #[doc(hidden)]
    pub connectors: &'static [Definition],
}

/// Lists the crate's connectors, once per crate.
///
/// Name, version and description of the plugin are those of the crate's `Cargo.toml`. It defines the
/// [`Plugin`] `PLUGIN`, with which tests call connectors as a host does.
///
/// ```
/// # use lockgate_sdk::prelude::*;
/// /// Add up numbers.
/// #[connector]
/// fn sum(numbers: Vec<i64>) -> i64 {
///     numbers.iter().sum()
/// }
///
/// lockgate_sdk::plugin!(sum);
/// assert_eq!(PLUGIN.call("sum", [1, 2, 3]).unwrap(), 6);
/// ```
#[macro_export]
macro_rules! plugin {
    ($($connector:ty),+ $(,)?) => {
        #[doc(hidden)]
        pub static PLUGIN: $crate::Plugin = $crate::Plugin {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            description: env!("CARGO_PKG_DESCRIPTION"),
            connectors: &[$(<$connector as $crate::__private::Connector>::DEFINITION),+],
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(unsafe_code)]
            #[unsafe(no_mangle)]
            fn __lockgate_plugin() -> &'static $crate::Plugin {
                &PLUGIN
            }
        };
    };
}

impl Plugin {
    /// What the host learns of the plugin when it is loaded: JSON that matches `wit/manifest.schema.json`. It names no
    /// capabilities, so the plugin wants those that it imports: what its code uses.
    pub fn manifest(&self) -> Value {
        let mut manifest = json!({
            "name": self.name,
            "version": self.version,
            "sdk": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
            "connectors": self.connectors.iter().map(Definition::manifest).collect::<Vec<_>>(),
        });
        if !self.description.is_empty() {
            manifest["description"] = self.description.into();
        }
        manifest
    }

    /// Calls a connector as a host does, but for the schemas: its failure, or its output.
    ///
    /// ```
    /// # use lockgate_sdk::prelude::*;
    /// # #[connector]
    /// # fn half(input: u32) -> u32 { input / 2 }
    /// # lockgate_sdk::plugin!(half);
    /// let failure = PLUGIN.call("half", "seven").unwrap_err();
    /// assert_eq!(failure.code(), "invalid_input");
    /// ```
    pub fn call(&self, connector: &str, input: impl Serialize) -> Result<Value, Failure> {
        let input = answer(Ok::<_, Failure>(input))?;
        Ok(serde_json::from_str(&self.invoke(connector, &input)?)?)
    }

    /// The same with JSON text.
    ///
    /// ```
    /// # use lockgate_sdk::prelude::*;
    /// # #[connector]
    /// # fn half(input: u32) -> u32 { input / 2 }
    /// # lockgate_sdk::plugin!(half);
    /// assert_eq!(PLUGIN.invoke("half", "8").unwrap(), "4");
    /// ```
    pub fn invoke(&self, connector: &str, input: &str) -> Result<String, Failure> {
        match self.connectors.iter().find(|definition| definition.name == connector) {
            Some(definition) => (definition.invoke)(input),
            None => Err(Failure::new("unknown_connector", format!("{} has no connector `{connector}`", self.name))),
        }
    }
}

impl Definition {
    fn manifest(&self) -> Value {
        let mut entry = json!({
            "name": self.name,
            "title": self.title,
            "input_schema": (self.input_schema)(),
            "output_schema": (self.output_schema)(),
        });
        if !self.description.is_empty() {
            entry["description"] = self.description.into();
        }
        if !self.tags.is_empty() {
            entry["tags"] = self.tags.into();
        }
        let hints = [("read_only", self.read_only), ("idempotent", self.idempotent), ("destructive", self.destructive)];
        for (hint, _) in hints.into_iter().filter(|(_, set)| *set) {
            entry["hints"][hint] = true.into();
        }
        let examples = (self.examples)();
        if !examples.is_empty() {
            entry["examples"] = examples.into_iter().map(example).collect();
        }
        entry
    }
}

fn example((input, output): (Value, Option<Value>)) -> Value {
    match output {
        Some(output) => json!({ "input": input, "output": output }),
        None => json!({ "input": input }),
    }
}
