//! The command line as `clap` reads it. The arguments of each command are beside its code.

use clap::{Parser, Subcommand};

use crate::command;
use crate::output::Output;

/// A WebAssembly plugin host for connectors.
#[derive(Debug, Parser)]
#[command(name = "lockgate", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "First steps: lockgate new hello && cd hello && lockgate build")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the project of a plugin or a script in a new folder
    New(command::new::Arguments),
    /// Compile the plugin in this folder to a component, or bundle its script
    Build(command::build::Arguments),
    /// Validate a component; list its capabilities and connectors
    Check(command::check::Arguments),
    /// Run a script, or one connector of a component, in the sandbox, without a host
    Run(command::run::Arguments),
    /// Build if needed and run again on every change of the source
    Dev(command::dev::Arguments),
    /// Run the examples of connectors without a host, and compare their outputs
    Test(command::test::Arguments),
    /// Start the host
    Serve(command::serve::Arguments),
    /// Load a component into a group of a running host
    Load(command::load::Arguments),
    /// Call a connector of a running host
    Invoke(command::invoke::Arguments),
    /// Create, list, show, change and delete groups
    Group(command::group::Arguments),
    /// Print the OpenAPI document of a group
    Openapi(command::openapi::Arguments),
    /// List and show connectors; make, change and roll back declarative ones
    Connector(command::connector::Arguments),
    /// List and describe the tables of a group's databases
    Database(command::database::Arguments),
    /// List and describe the methods of a group's gRPC servers
    Grpc(command::grpc::Arguments),
    /// List, show, roll back and delete plugins
    Plugin(command::plugin::Arguments),
    /// Write a group into a file, or the groups of a scope into a folder
    Export(command::packages::export::Arguments),
    /// Make or change a group as a file of `export` says, after showing what changes
    Import(command::packages::import::Arguments),
    /// Make the groups of a scope what a folder says, after showing what changes
    Apply(command::packages::apply::Arguments),
    /// Show and change what a scope sets for a group
    Installation(command::installation::Arguments),
    /// Create, list, show, change, verify and accept connections
    Connection(command::connection::Arguments),
    /// Make and rotate the host's keys
    Keys(command::keys::Arguments),
    /// Create, list, show, change and delete organizations
    Organization(command::organization::Arguments),
    /// Create, list, show, change and delete workspaces
    Workspace(command::workspace::Arguments),
    /// Declare, list, switch and delete tenants of a workspace
    Tenant(command::tenant::Arguments),
    /// Create, list, change and revoke access tokens
    Token(command::token::Arguments),
    /// List records of calls, or show one
    Calls(command::calls::Arguments),
    /// Print a line for each call, and follow what comes
    Logs(command::calls::Follow),
    /// List who changed what
    Audit(command::audit::Arguments),
    /// Print a link that signs in to the console of a running host, once
    Console(command::console::Arguments),
    /// Copy the store of a host, which may serve meanwhile, into one file
    Backup(command::backup::Arguments),
    /// Make a data folder from such a file
    Restore(command::backup::Restore),
    /// Check this machine, the toolchain and the running host
    Doctor(command::doctor::Arguments),
    /// Print the JSON Schema of a file that people write
    Schema(command::schema::Arguments),
    /// Print a completion script for a shell
    Completions(command::completions::Arguments),
}
