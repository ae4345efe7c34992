//! `S/groups/{ref}/plugins`.

use lockgate_domain::Code;
use serde_json::{Value, json};

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::schema::{array, digest, nullable, object, reference, text, time, with};

fn shown() -> Value {
    let names = |description: &str| array(text("A name."), description);
    let sdk = object(&["name", "version"], json!({"name": text("Its name."), "version": text("Its version.")}));
    let capabilities = object(
        &["wanted", "imported", "granted", "missing"],
        json!({
            "wanted": names("By its manifest."),
            "imported": names("By its component."),
            "granted": names("What works."),
            "missing": names("What is wanted and not granted."),
        }),
    );
    json!({
        "digest": digest("SHA-256 of its bytes."),
        "name": text("With the group it is the plugin's lineage."),
        "version": text("The author's version."),
        "description": nullable(text("What it is for.")),
        "current": {"type": "boolean", "description": "Whether calls run it."},
        "loaded_at": time("When it was loaded."),
        "sdk": nullable(sdk),
        "connectors": names("What it can do."),
        "capabilities": capabilities,
        "enabled": {"type": "boolean"},
    })
}

const ALWAYS: [&str; 10] = [
    "digest",
    "name",
    "version",
    "description",
    "current",
    "loaded_at",
    "sdk",
    "connectors",
    "capabilities",
    "enabled",
];

pub(super) fn noun() -> Noun {
    let names = |description: &str| array(text("A name."), description);
    let broken = object(
        &["connector", "pointer", "detail"],
        json!({
            "connector": text("Whose schema."),
            "pointer": text("JSON pointer into the connector's manifest."),
            "detail": text("What is different."),
        }),
    );
    let changes = object(
        &["added", "changed", "removed", "breaks"],
        json!({
            "added": names("New ones."),
            "changed": names("Those whose description or schemas differ."),
            "removed": names("Those that are gone."),
            "breaks": array(broken, "Where a caller of the version before may fail."),
        }),
    );
    let manifest =
        json!({"type": "object", "description": "What the plugin says of itself (`wit/manifest.schema.json`)."});
    Noun {
        name: "plugins",
        description: "WebAssembly components. Versions with one name are a lineage, and one of them is current.",
        operations: operations(),
        schemas: json!({
            "Plugin": object(&ALWAYS, shown()),
            "PluginWithManifest": object(&[&ALWAYS[..], &["manifest"]].concat(), with(shown(), json!({"manifest": manifest}))),
            "LoadReport": object(&["plugin", "current", "previous", "connectors"], json!({
                "plugin": reference("Plugin"),
                "current": {"type": "boolean", "description": "Whether it became current."},
                "previous": nullable(digest("What was current before.")),
                "connectors": changes,
            })),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const ALL: &str = "{S}/groups/{ref}/plugins";
    const ONE: &str = "{S}/groups/{ref}/plugins/{digest}";
    let flag = |name: &str, description: &str| parameter::query(name, description, json!({"type": "boolean"}));
    let grant = || flag("grant", "Grant what it wants; needs the role `operator`.");
    let removal = || flag("allow_removal", "Let it drop connectors, or narrow their schemas.");
    let component = json!({"description": "The component."});
    vec![
        Operation::new("GET", ALL, "list_plugins", "List the versions of the group's plugins")
            .lists("Plugin")
            .parameter(parameter::words()),
        Operation::new("POST", ALL, "load_plugin", "Load a component")
            .describe(
                "It is compiled, described and checked before it becomes current. Calls in flight finish on the version \
                 that they began with.",
            )
            .parameter(grant())
            .parameter(removal())
            .takes_as(&["application/wasm"], component)
            .gives(201, "LoadReport")
            .refuses(&[
                Code::ReadOnly,
                Code::ScopeDisabled,
                Code::ComponentTooLarge,
                Code::NotAComponent,
                Code::UnknownImport,
                Code::MissingExport,
                Code::CompileFailed,
                Code::NeedsTooMuch,
                Code::DescribeFailed,
                Code::ManifestInvalid,
                Code::SchemaRefused,
                Code::RemovalNotAllowed,
                Code::ConnectorTaken,
            ]),
        Operation::new("GET", ONE, "get_plugin", "Show a version with its manifest").gives(200, "PluginWithManifest"),
        Operation::new("DELETE", ONE, "delete_plugin", "Delete a version")
            .parameter(grant())
            .parameter(removal())
            .refuses(&[Code::ReadOnly, Code::ScopeDisabled, Code::Conflict]),
        Operation::new("PUT", "{S}/groups/{ref}/plugins/{digest}/current", "make_current", "Make a version current")
            .describe("Forward, or back: rolling back asks nothing.")
            .parameter(grant())
            .parameter(removal())
            .gives(200, "LoadReport")
            .refuses(&[
                Code::ReadOnly,
                Code::ScopeDisabled,
                Code::Conflict,
                Code::RemovalNotAllowed,
                Code::ConnectorTaken,
            ]),
    ]
}
