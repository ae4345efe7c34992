//! The stack of scripts: more than a plugin of Rust has, since a function of JavaScript takes some hundred bytes of it.

fn main() {
    println!("cargo::rustc-link-arg=-zstack-size=524288");
}
