//! The guests, by name. `target/debug/guests` builds all of them.

use std::fs;
use std::path::PathBuf;

use crate::root;

/// A component that tests run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest {
    pub name: &'static str,
    /// The folder that it lies in, within the repository.
    pub workspace: &'static str,
    pub language: Language,
}

/// What a guest is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Rust,
    JavaScript,
}

const SAMPLES: &str = "sample-plugins";
const GUESTS: &str = "tests/guests";

const fn rust(name: &'static str, workspace: &'static str) -> Guest {
    Guest { name, workspace, language: Language::Rust }
}

/// Prices an order; the benchmark's.
pub const PRICING: Guest = rust("pricing", SAMPLES);
/// The issues of a repository, over HTTP.
pub const ISSUES: Guest = rust("issues", SAMPLES);
/// Orders of products, in a database.
pub const ORDERS: Guest = rust("orders", SAMPLES);
/// The stock of a warehouse, over gRPC.
pub const INVENTORY: Guest = rust("inventory", SAMPLES);
/// Runs a jq program.
pub const TRANSFORM: Guest = rust("transform", SAMPLES);
/// Uses what authors use.
pub const ECOSYSTEM: Guest = rust("ecosystem", GUESTS);
/// Calls out in every way that the interface has.
pub const HTTP: Guest = rust("http", GUESTS);
/// Asks databases in every way that the interface has.
pub const DATABASE: Guest = rust("database", GUESTS);
/// Asks a server of HTTP, one of gRPC and a database in one call.
pub const TOGETHER: Guest = rust("together", GUESTS);
/// Calls other connectors.
pub const FLOWS: Guest = rust("flows", GUESTS);
/// Calls out by `wasi:http`, in pieces as small as its caller asks for.
pub const WASI_HTTP: Guest = rust("wasi-http", GUESTS);
/// Goes beyond every limit.
pub const LIMITS: Guest = rust("limits", GUESTS);
/// Shows what a call knows and keeps.
pub const STATE: Guest = rust("state", GUESTS);
/// Made with `componentize-js` from the published WIT.
pub const JAVASCRIPT: Guest = Guest { name: "javascript", workspace: GUESTS, language: Language::JavaScript };
/// The same, calling out: `fetch`, and the pollables of the contract.
pub const FETCH: Guest = Guest { name: "fetch", workspace: GUESTS, language: Language::JavaScript };

/// All of them; a test compares it with the folders.
pub const ALL: [Guest; 15] = [
    INVENTORY, ISSUES, ORDERS, PRICING, TRANSFORM, ECOSYSTEM, HTTP, DATABASE, TOGETHER, FLOWS, WASI_HTTP, LIMITS,
    STATE, JAVASCRIPT, FETCH,
];

impl Guest {
    /// Where its source is.
    pub fn folder(&self) -> PathBuf {
        root().join(self.workspace).join(self.name)
    }

    /// Where the built component is.
    pub fn component(&self) -> PathBuf {
        root().join(self.workspace).join("target/lockgate").join(self.name).with_extension("wasm")
    }

    /// The same, for a test that needs it.
    pub fn path(&self) -> PathBuf {
        let path = self.component();
        assert!(path.is_file(), "the guest `{}` is not built: run `target/debug/guests {0}`", self.name);
        path
    }

    pub fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).expect("the component")
    }
}
