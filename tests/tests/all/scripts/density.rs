//! Many scripts in one host: what each of them keeps in memory.

use lockgate_tests::{Host, Serve, environment};
use reqwest::Method;
use serde_json::{Value, json};

use super::script;

/// Scripts of a group: as many as are still there when they are called first, so that none is compiled twice.
const GROUP: usize = 25;
/// Groups that bring what all share: both guests, threads, and what is allocated once.
const FIRST: usize = 8;
/// What 10,000 scripts may take, in KiB.
const ALL_KIB: u64 = 400 * 1024;
const ALL: usize = 10_000;

/// A script of some 40 lines that no other is like.
fn source(number: usize) -> String {
    let rates: String = (0..20).map(|at| format!("  [\"rate-{number}-{at}\", {number} + {at} / 100],\n")).collect();
    format!(
        "/** What is priced. */
interface Line {{ sku: string; count: number; price: number; rate?: string }}
interface Order {{ /** What is bought. */ lines: Line[]; customer?: {{ id: string; discount?: number }} }}

const RATES = new Map<string, number>([
{rates}]);

function priced(line: Line, discount: number): number {{
  const rate = RATES.get(line.rate ?? \"rate-{number}-0\");
  if (rate === undefined) throw new RangeError(`script {number} knows no rate ${{line.rate}}`);
  return Math.round(line.count * line.price * (1 - discount / 100) * rate * 100) / 100;
}}

/** The total of an order by the rates of script {number}. */
export default function (order: Order): {{ total: number; lines: number }} {{
  const discount = order.customer?.discount ?? 0;
  const prices = order.lines.map((line) => priced(line, discount));
  return {{ total: prices.reduce((sum, price) => sum + price, 0), lines: prices.length }};
}}
"
    )
}

/// Saves groups of scripts, and calls each once.
fn fill(host: &Host, groups: std::ops::Range<usize>) {
    for group in groups {
        let numbers = group * GROUP..(group + 1) * GROUP;
        let connectors: Vec<Value> =
            numbers.clone().map(|number| script(&format!("c{number}"), "typescript", &source(number))).collect();
        host.group(&format!("g{group}"), json!({"connectors": connectors}));
        let input = json!({"input": {"lines": [{"sku": "a", "count": 2, "price": 5}]}});
        // One after the other: each call beside another would keep the memory of one more instance, and how many are beside each
        // other says nothing of scripts.
        for number in numbers {
            let call =
                host.request(Method::POST, &format!("/groups/g{group}/connectors/c{number}/invoke")).json(&input);
            assert_eq!(host.send(call).output(), json!({"total": 10 * number, "lines": 1}), "script {number}");
        }
    }
}

/// All of them in the long run, a part in every other.
#[test]
fn ten_thousand_scripts_fit_into_one_host() {
    let groups = if environment::is_long() { ALL / GROUP } else { 24 };
    let half = FIRST.midpoint(groups);
    let host = Serve::new().start();
    let resident = |until: std::ops::Range<usize>| {
        fill(&host, until);
        host.resources().resident_kib
    };
    let empty = host.resources().resident_kib;
    let (first, middle, all) = (resident(0..FIRST), resident(FIRST..half), resident(half..groups));
    let scripts = groups * GROUP;
    println!(
        "{empty} KiB empty, {first} KiB with {} scripts, {middle} KiB with {}, {all} KiB with {scripts}",
        FIRST * GROUP,
        half * GROUP
    );
    // What is allocated once and late, such as the memory of one more thread, is in one of the halves.
    let each = |from: u64, to: u64, groups: usize| to.saturating_sub(from) as f64 / (groups * GROUP) as f64;
    let each = each(first, middle, half - FIRST).min(each(middle, all, groups - half));
    assert!(each < (ALL_KIB / ALL as u64) as f64 * 0.75, "each takes {each:.1} KiB: {first}, {middle} and {all} KiB");
    if scripts == ALL {
        assert!(all < ALL_KIB, "{all} KiB");
    }
}
