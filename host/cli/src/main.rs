//! The `lockgate` program: arguments, the command that they name, an exit code.

mod arguments;
mod client;
mod command;
mod community;
mod configuration;
mod confirm;
mod console;
mod data_folder;
mod environment;
mod exit;
mod input;
mod key_source;
mod locate;
mod output;
mod own_file;
mod progress;
mod script_files;
mod script_project;
mod secret;
mod trust;
mod values;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything else is set up: this process is to have nothing.
    let mut raw = std::env::args().skip(1);
    if raw.next().as_deref() == Some(command::COMPILE_CHILD) {
        return lockgate_engine::compile_child(&raw.collect::<Vec<_>>());
    }
    let arguments = Arguments::parse();
    let output = arguments.output;
    let result = match arguments.command {
        Command::New(it) => command::new::run(it, output),
        Command::Build(it) => command::build::run(it, output),
        Command::Check(it) => command::check::run(it, output),
        Command::Run(it) => command::run::run(it, output),
        Command::Dev(it) => command::dev::run(it),
        Command::Test(it) => command::test::run(it, output),
        Command::Serve(it) => command::serve::run(it, output),
        Command::Load(it) => command::load::run(it, output),
        Command::Invoke(it) => command::invoke::run(it, output),
        Command::Group(it) => command::group::run(it, output),
        Command::Openapi(it) => command::openapi::run(it),
        Command::Connector(it) => command::connector::run(it, output),
        Command::Database(it) => command::database::run(it, output),
        Command::Grpc(it) => command::grpc::run(it, output),
        Command::Plugin(it) => command::plugin::run(it, output),
        Command::Organization(it) => command::organization::run(it, output),
        Command::Workspace(it) => command::workspace::run(it, output),
        Command::Export(it) => command::packages::export::run(it),
        Command::Import(it) => command::packages::import::run(it, output),
        Command::Apply(it) => command::packages::apply::run(it, output),
        Command::Installation(it) => command::installation::run(it, output),
        Command::Connection(it) => command::connection::run(it, output),
        Command::Keys(it) => command::keys::run(it, output),
        Command::Tenant(it) => command::tenant::run(it, output),
        Command::Token(it) => command::token::run(it, output),
        Command::Calls(it) => command::calls::run(it, output),
        Command::Logs(it) => command::calls::follow(it, output),
        Command::Audit(it) => command::audit::run(it, output),
        Command::Backup(it) => command::backup::run(it, output),
        Command::Restore(it) => command::backup::restore(it, output),
        Command::Console(it) => command::console::run(it, output),
        Command::Doctor(it) => command::doctor::run(it, output),
        Command::Schema(it) => command::schema::run(it),
        Command::Completions(it) => command::completions::run(it, Arguments::command()),
    };
    exit::code(result, output)
}
