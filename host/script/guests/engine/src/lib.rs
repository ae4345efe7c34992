//! The engine of scripts: QuickJS and the library of `library/`, initialized once, when the host is built. What a fresh
//! instance starts with is the memory after that (`wizer-initialize`), so a call pays for its own script alone.

mod allocator;
mod arenas;
mod c_library;
mod clock;
mod compile;
mod engine;
mod event_loop;
mod exports;
mod functions;
mod library;
mod members;
mod numbers;
mod rejections;
mod run;
mod seeds;
mod thrown;

#[allow(warnings, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: ["../../../../guest-sdk/wit", "../../wit"],
        world: "lockgate:script/engine",
        generate_all,
    });
}
