//! `lockgate token`.

mod offline;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Target, encoded};
use crate::command::{block_on, cell, enabled};
use crate::exit::Usage;
use crate::input;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token and print it once; with `--data-dir` also while the host is stopped
    Create(Create),
    /// List the tokens of the workspace or organization
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Show one token
    Show {
        /// Its id
        token: String,
        #[command(flatten)]
        target: Target,
    },
    /// Change values of a token
    Set {
        /// Its id
        token: String,
        /// Such as enabled=false, expires_at=null or requests_per_second=2000
        #[arg(required = true, value_name = "KEY=VALUE")]
        assignments: Vec<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Delete a token: from now on it is not valid
    Revoke {
        /// Its id
        token: String,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Name for people [default: the role]
    name: Option<String>,
    /// viewer, invoker, editor, operator or admin [default while the host is stopped: admin]
    #[arg(long)]
    role: Option<String>,
    /// Limit it to this group, such as `shop` or `org:shop`; can be repeated
    #[arg(long = "group", value_name = "REF")]
    groups: Vec<String>,
    /// Limit it to this tenant; can be repeated
    #[arg(long = "tenant", value_name = "TENANT")]
    tenants: Vec<String>,
    /// Such as 90d, 12h or 30m
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expires_in: Option<u32>,
    #[command(flatten)]
    store: offline::StoppedStore,
    #[command(flatten)]
    target: Target,
}

fn seconds(text: &str) -> Result<u32, String> {
    let expected = || "expected a number and a unit, such as 90d, 12h, 30m or 45s".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(expected)?;
    let factor = match unit {
        "d" => 24 * 3600,
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return Err(expected()),
    };
    let number: u32 = number.parse().map_err(|_| expected())?;
    number.checked_mul(factor).ok_or_else(expected)
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let one = |token: &str| format!("/tokens/{}", encoded(token));
    match arguments.action {
        Action::Create(create) => {
            let made = match block_on(offline::create(&create))? {
                Some(made) => made,
                None => online(&create)?,
            };
            if format == Output::Json {
                output::json(&made);
            } else {
                output::note("the token, shown once:");
                output::line(cell(&made, "/token"));
            }
        }
        Action::List { target } => {
            let client = target.client()?;
            let found = block_on(client.all("/tokens"))?;
            if format == Output::Json {
                output::json(&Value::Array(found));
                return Ok(());
            }
            let rows = found.iter().map(|token| {
                let [id, name, role] = ["/id", "/name", "/role"].map(|pointer| cell(token, pointer));
                vec![id, name, role, limits(token), enabled(token), cell(token, "/expires_at"), cell(token, "/used_at")]
            });
            output::table(&["ID", "NAME", "ROLE", "LIMITED TO", "ENABLED", "EXPIRES", "USED"], rows.collect());
        }
        Action::Show { token, target } => {
            let client = target.client()?;
            output::json(&block_on(client.json(client.scoped(Method::GET, &one(&token))))?);
        }
        Action::Set { token, assignments, target } => {
            let client = target.client()?;
            let request = client.scoped(Method::PATCH, &one(&token)).json(&input::patch(&assignments)?);
            let changed = block_on(client.json(request))?;
            output::changed(&changed, &format!("token {token}"), format);
        }
        Action::Revoke { token, target } => {
            let client = target.client()?;
            block_on(client.send(client.scoped(Method::DELETE, &one(&token))))?;
            output::note(format!("revoked token {token}"));
        }
    }
    Ok(())
}

fn online(create: &Create) -> anyhow::Result<Value> {
    let missing = || Usage("expected `--role`: viewer, invoker, editor, operator or admin".to_owned());
    let role = create.role.as_ref().ok_or_else(missing)?;
    let some = |items: &Vec<String>| (!items.is_empty()).then(|| items.clone());
    let body = json!({
        "name": create.name.as_ref().unwrap_or(role), "role": role, "groups": some(&create.groups),
        "tenants": some(&create.tenants), "expires_in": create.expires_in,
    });
    let client = create.target.client()?;
    block_on(client.json(client.scoped(Method::POST, "/tokens").json(&body)))
}

fn limits(token: &Value) -> String {
    let names = |member: &str| token.get(member).and_then(Value::as_array).into_iter().flatten();
    let all: Vec<_> = names("groups").chain(names("tenants")).filter_map(Value::as_str).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(
            (seconds("2d"), seconds("3h"), seconds("4m"), seconds("5s")),
            (Ok(172_800), Ok(10_800), Ok(240), Ok(5))
        );
        for wrong in ["", "d", "5", "-1d", "1w", "99999999999d", "99999d1", "é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
