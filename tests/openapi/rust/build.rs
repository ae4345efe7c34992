//! Generates a client of each document; the variables `SHOP` and `DESK` say where the documents are.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    for (variable, file) in [("SHOP", "shop.rs"), ("DESK", "desk.rs")] {
        println!("cargo:rerun-if-env-changed={variable}");
        let path = env::var(variable).unwrap_or_else(|_| panic!("{variable}: expected the path of a document"));
        println!("cargo:rerun-if-changed={path}");
        let document: openapiv3::OpenAPI =
            serde_json::from_str(&fs::read_to_string(path).expect("a document")).expect("OpenAPI 3.0");
        let mut settings = progenitor::GenerationSettings::default();
        settings.with_interface(progenitor::InterfaceStyle::Builder);
        let tokens = progenitor::Generator::new(&settings).generate_tokens(&document).expect("a client");
        let code = prettyplease::unparse(&syn::parse2(tokens).expect("Rust"));
        fs::write(out.join(file), code).expect("the folder of cargo");
    }
}
