//! The guest of `../wasi-http`, with the allocator that plugins get from Lockgate's SDK.

#[path = "../../../../../guest-sdk/src/allocator.rs"]
mod allocator;
#[path = "../../wasi-http/src/lib.rs"]
mod pricing;
