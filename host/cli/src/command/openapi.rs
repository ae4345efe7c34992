//! `lockgate openapi`.

use std::path::PathBuf;

use anyhow::Context;
use reqwest::Method;

use crate::client::{Target, encoded};
use crate::command::block_on;
use crate::output;

// The version of the document is what people mean here.
#[derive(Debug, clap::Args)]
#[command(disable_version_flag = true)]
pub(crate) struct Arguments {
    /// The group, such as `shop` or `community:slack`
    group: String,
    /// The version of OpenAPI; 3.0 can't say everything that a schema says, and marks what is left out
    #[arg(long, value_enum, default_value_t = Version::V31)]
    version: Version,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Write it into this file
    #[arg(short = 'o', value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Version {
    #[value(name = "3.1")]
    V31,
    #[value(name = "3.0")]
    V30,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Json,
    Yaml,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    let ending = match arguments.format {
        Format::Json => "json",
        Format::Yaml => "yaml",
    };
    let version = match arguments.version {
        Version::V31 => "3.1",
        Version::V30 => "3.0",
    };
    let path = format!("/groups/{}/openapi.{ending}", encoded(&arguments.group));
    let request = client.scoped(Method::GET, &path).query(&[("version", version)]);
    let text = block_on(async {
        let answer = client.send(request).await?;
        answer.text().await.context("the host's answer ended early")
    })?;
    if let Some(file) = arguments.file {
        return std::fs::write(&file, text).with_context(|| format!("{} can't be written", file.display()));
    }
    match arguments.format {
        Format::Json => output::indented(&text),
        Format::Yaml => output::line(text.trim_end()),
    }
    Ok(())
}
