//! The gRPC servers of the tests are what other tests take them for, by the word of Google's own client and library.

mod json_format;
mod rogues;
mod server;
