//! `lockgate export`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use lockgate_flow::archive::Archive;
use reqwest::Method;

use super::folder;
use crate::client::{Client, Target, encoded};
use crate::command::block_on;
use crate::confirm::counted;
use crate::exit::Usage;
use crate::output;
use crate::progress::Progress;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The group, such as `shop`, `org:shop` or `community:github`
    #[arg(required_unless_present = "dir", conflicts_with = "dir")]
    group: Option<String>,
    /// The file to write [default: standard output]
    #[arg(short = 'o', long = "file", value_name = "FILE", conflicts_with = "dir")]
    file: Option<PathBuf>,
    /// One YAML document, or a zip archive with scripts and `.proto` files beside it [default: by the file's ending]
    #[arg(long, value_enum, conflicts_with = "dir")]
    format: Option<Format>,
    /// With the bytes of the plugins, in a zip archive (editors)
    #[arg(long)]
    plugins: bool,
    /// Write all groups of the scope into a folder, as `apply` reads it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Delete files of the folder that `apply` would read and that are not exported
    #[arg(long, requires = "dir")]
    replace: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Zip,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    match (&arguments.dir, &arguments.group) {
        (Some(dir), _) => write_folder(&client, dir, arguments.plugins, arguments.replace),
        (None, Some(group)) => write_group(&client, group, &arguments),
        (None, None) => Err(Usage("expected a group, or --dir".to_owned()).into()),
    }
}

fn write_group(client: &Client, group: &str, arguments: &Arguments) -> anyhow::Result<()> {
    let is_zip = arguments.file.as_ref().is_some_and(|file| file.extension().is_some_and(|ending| ending == "zip"));
    let by_default = if is_zip || arguments.plugins { Format::Zip } else { Format::Yaml };
    let format = arguments.format.unwrap_or(by_default);
    if arguments.plugins && format == Format::Yaml {
        return Err(Usage("`--plugins`: the bytes of plugins need `--format zip`".to_owned()).into());
    }
    let word = if format == Format::Zip { "zip" } else { "yaml" };
    let request = client.scoped(Method::GET, &format!("/groups/{}/export", encoded(group)));
    let request = request.query(&[("format", word), ("plugins", if arguments.plugins { "true" } else { "false" })]);
    let content = fetched(client, request)?;
    match &arguments.file {
        Some(file) => {
            std::fs::write(file, &content).with_context(|| format!("can't write `{}`", file.display()))?;
            output::note(format!("wrote group {group} to {}", file.display()));
        }
        None if format == Format::Zip && std::io::stdout().is_terminal() => {
            return Err(Usage("an archive is no text: name a file with `-o`".to_owned()).into());
        }
        None if std::io::stdout().is_terminal() => output::raw(&String::from_utf8_lossy(&content)),
        None => std::io::stdout().lock().write_all(&content).context("can't write to standard output")?,
    }
    Ok(())
}

fn write_folder(client: &Client, dir: &Path, plugins: bool, replace: bool) -> anyhow::Result<()> {
    let request = client.scoped(Method::GET, "/export").query(&[("plugins", plugins)]);
    let archive = Archive::open(fetched(client, request)?.into()).context("the host's answer is no archive")?;
    let files = folder::Files::of(&archive)?;
    let known = if dir.exists() { folder::Files::read(dir)?.paths() } else { Vec::new() };
    let left: Vec<_> = known.iter().filter(|path| !files.has(path)).collect();
    if let (Some(first), false) = (left.first(), replace) {
        let (dir, count) = (dir.display(), counted(left.len() as u64, "file"));
        let text = format!(
            "`{dir}` has {count} that no group has, such as `{first}`: delete them, or repeat with `--replace`"
        );
        return Err(Usage(text).into());
    }
    for path in left {
        std::fs::remove_file(dir.join(path)).with_context(|| format!("can't delete `{path}`"))?;
        output::note(format!("deleted {path}"));
    }
    files.write(dir)?;
    output::note(format!("wrote {} to {}", counted(files.paths().len() as u64, "file"), dir.display()));
    Ok(())
}

fn fetched(client: &Client, request: reqwest::RequestBuilder) -> anyhow::Result<Vec<u8>> {
    block_on(async {
        let _progress = Progress::start("exporting");
        Ok(client.send(request).await?.bytes().await.context("the host's answer broke off")?.to_vec())
    })
}
