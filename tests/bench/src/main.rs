//! `lockgate-bench`: Lockgate and its rivals run the same function side by side.

mod catalog;
mod client;
mod density;
mod fairness;
mod guest;
mod hostile;
mod http;
mod in_process;
mod interrupt;
mod load;
mod machine;
mod outgoing;
mod plot;
mod process;
mod rate;
mod report;
mod results;
mod rival;
mod rounds;
mod runaway;
mod sample;
mod script;
mod setup;
mod table;
mod tool;
mod workload;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand, ValueEnum};
use results::Results;
use rival::{Kind, Rival};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

/// Measures Lockgate beside its rivals.
#[derive(Debug, Parser)]
#[command(name = "lockgate-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The pricing function: Lockgate over HTTP and in process, bare wasmtime, wasmtime serve, workerd, native axum
    Function {
        #[command(flatten)]
        plan: rounds::Plan,
        #[command(flatten)]
        files: setup::Files,
        /// Only these rivals
        #[arg(long, value_delimiter = ',', value_name = "NAME")]
        only: Vec<String>,
        /// An older `lockgate`, which is measured too
        #[arg(long, value_name = "FILE")]
        before: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Output::Table)]
        output: Output,
        /// Rewrite the generated part of this Markdown file, and the plot beside it
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Hostile guests: the latency of a neighbour before each of them and meanwhile, as a table in Markdown
    Hostile {
        #[command(flatten)]
        plan: hostile::Plan,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// A group's latency while another group keeps 64 guests spinning, and the host's own health check meanwhile
    Fairness {
        #[command(flatten)]
        files: setup::Files,
        #[command(flatten)]
        plan: fairness::Plan,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Calls that go out: declarative and compiled, beside a native handler of axum and reqwest
    Http {
        #[command(flatten)]
        plan: outgoing::Plan,
        #[command(flatten)]
        files: setup::Files,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Queries: declarative and compiled, beside a native handler of axum and sqlx, on PostgreSQL and MariaDB with TLS
    Database {
        #[command(flatten)]
        plan: outgoing::Plan,
        #[command(flatten)]
        files: setup::Files,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Scripts: a fresh call of the pricing function in JavaScript beside workerd, and what many scripts cost
    Script {
        #[command(flatten)]
        plan: script::Plan,
        #[command(flatten)]
        files: setup::Files,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Unary calls of gRPC: declarative and compiled, beside a native handler of axum and tonic
    Grpc {
        #[command(flatten)]
        plan: outgoing::Plan,
        #[command(flatten)]
        files: setup::Files,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// How far a guest that does not end gets beyond its CPU limit and its deadline, on an idle and on a busy machine
    Runaway {
        /// Guests of each of the four kinds
        #[arg(long, default_value_t = 1000)]
        calls: usize,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Many groups with many connectors: start, lists and searches, and calls beside a host with one group
    Catalog {
        #[command(flatten)]
        plan: catalog::Plan,
        /// Rewrite this part of a Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Many plugins on one host: start, memory, first calls
    Density {
        #[command(flatten)]
        plan: density::Plan,
        #[command(flatten)]
        files: setup::Files,
        #[arg(long, value_enum, default_value_t = Output::Table)]
        output: Output,
        /// Rewrite the generated part of this Markdown file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Serves the function natively: the rival `native-axum`
    #[command(hide = true)]
    ServeAxum { address: SocketAddr },
    /// Serves what calls ask for that go out
    #[command(hide = true)]
    ServeUpstream { address: SocketAddr },
    /// Asks that natively
    #[command(hide = true)]
    ServeNativeHttp { address: SocketAddr, upstream: SocketAddr },
    /// Asks a database natively, which shows a certificate of an authority
    #[command(hide = true)]
    ServeNativeDatabase { address: SocketAddr, port: u16, authority: PathBuf },
    /// Calls a rival in this process, as standard input orders
    #[command(hide = true)]
    InProcess {
        rival: String,
        #[command(flatten)]
        files: setup::Files,
    },
    /// Compiles a component for the rival `lockgate-engine`
    #[command(hide = true, name = rival::COMPILE)]
    CompileComponent { arguments: Vec<String> },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    Table,
    Json,
}

#[allow(clippy::print_stderr)]
fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lockgate-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Function { plan, files, only, before, output, report } => {
            interrupt::listen()?;
            let mut rivals = if only.is_empty() { rival::ALL.to_vec() } else { named(&only)? };
            if before.is_some() {
                rivals.extend(rival::BEFORE);
            }
            let setup = setup::Setup { before, ..setup::Setup::new(files)? };
            let results = rounds::run(&rivals, &setup, &plan);
            // What fails after Ctrl-C fails because of it.
            interrupt::check()?;
            let results = results?;
            print(&results, output)?;
            if let Some(file) = report {
                report::write(&results, &file)?;
            }
            without_errors(&results)?;
        }
        Command::Hostile { plan, report } => {
            interrupt::listen()?;
            let table = hostile::run(&plan);
            interrupt::check()?;
            publish("hostile", &table?, report.as_deref())?;
        }
        Command::Fairness { files, plan, report } => {
            interrupt::listen()?;
            let text = fairness::measure(&setup::Setup::new(files)?, &plan);
            interrupt::check()?;
            publish("fairness", &text?, report.as_deref())?;
        }
        Command::Http { plan, files, report } => {
            interrupt::listen()?;
            let table = outgoing::measure_http(&setup::Setup::new(files)?, &plan);
            interrupt::check()?;
            publish("http", &table?, report.as_deref())?;
        }
        Command::Database { plan, files, report } => {
            interrupt::listen()?;
            let table = outgoing::measure_database(&setup::Setup::new(files)?, &plan);
            interrupt::check()?;
            publish("database", &table?, report.as_deref())?;
        }
        Command::Script { plan, files, report } => {
            interrupt::listen()?;
            let text = script::measure(&setup::Setup::new(files)?, &plan);
            interrupt::check()?;
            publish("script", &text?, report.as_deref())?;
        }
        Command::Grpc { plan, files, report } => {
            interrupt::listen()?;
            let table = outgoing::measure_grpc(&setup::Setup::new(files)?, &plan);
            interrupt::check()?;
            publish("grpc", &table?, report.as_deref())?;
        }
        Command::Runaway { calls, report } => publish("runaway", &runaway::measure(calls)?, report.as_deref())?,
        Command::Catalog { plan, report } => {
            interrupt::listen()?;
            let table = catalog::measure(&plan);
            interrupt::check()?;
            publish("catalog", &table?, report.as_deref())?;
        }
        Command::Density { plan, files, output, report } => {
            interrupt::listen()?;
            let density = density::run(&setup::Setup::new(files)?, &plan);
            interrupt::check()?;
            let density = density?;
            match output {
                Output::Table => density::print(&density),
                Output::Json => print_json(&density)?,
            }
            if let Some(file) = report {
                density::write(&density, &file)?;
            }
        }
        Command::ServeAxum { address } => rival::serve_axum(address)?,
        Command::ServeUpstream { address } => outgoing::serve_upstream(address)?,
        Command::ServeNativeHttp { address, upstream } => outgoing::serve_native_http(address, upstream)?,
        Command::ServeNativeDatabase { address, port, authority } => {
            outgoing::serve_native_database(address, port, &authority)?;
        }
        Command::InProcess { rival, files } => {
            let setup = setup::Setup::new(files)?;
            let [rival] = named(&[rival])?[..] else { bail!("one rival at a time") };
            let Kind::InProcess { callers, .. } = &rival.kind else { bail!("{} is a server", rival.name) };
            in_process::serve(callers(&setup)?, &setup.workload)?;
        }
        Command::CompileComponent { arguments } => return Ok(lockgate_engine::compile_child(&arguments)),
    }
    Ok(ExitCode::SUCCESS)
}

fn named(names: &[String]) -> Result<Vec<&'static Rival>> {
    let known = || rival::ALL.map(|rival| rival.name).join(", ");
    let find = |name: &String| {
        let found = rival::ALL.into_iter().find(|rival| rival.name == name);
        found.with_context(|| format!("no rival `{name}`; there are {}", known()))
    };
    names.iter().map(find).collect()
}

#[allow(clippy::print_stdout)]
fn print(results: &Results, output: Output) -> Result<()> {
    match output {
        Output::Table => table::figures(results).iter().for_each(|figures| println!("{}", figures.terminal())),
        Output::Json => print_json(results)?,
    }
    Ok(())
}

/// Prints a part of the report, and writes it where it belongs.
#[allow(clippy::print_stdout)]
fn publish(name: &str, text: &str, report: Option<&std::path::Path>) -> Result<()> {
    println!("{text}");
    report.map_or(Ok(()), |file| report::part(file, name, text))
}

#[allow(clippy::print_stdout)]
fn print_json(results: &impl serde::Serialize) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(results)?);
    Ok(())
}

/// A rival that answers wrongly was not measured.
fn without_errors(results: &Results) -> Result<()> {
    for row in &results.rows {
        if let Some(first) = row.first_error() {
            bail!("{} had {} errors, the first: {first}", row.name, row.errors());
        }
    }
    Ok(())
}
