//! Servers that lie about themselves when they are asked by reflection.

use std::io::Result;

use super::Call;
use super::protobuf::{field, number};

/// What is asked for: the number of the field of `ServerReflectionRequest`, and its text.
fn asked(call: &Call<'_, '_>) -> (u8, String) {
    let message = call.message();
    let mut rest = message;
    while let [tag, length, more @ ..] = rest {
        let (kind, length) = (tag >> 3, usize::from(*length));
        // The host comes first, and is of no matter.
        if kind != 1 {
            return (kind, String::from_utf8_lossy(more.get(..length).unwrap_or_default()).into_owned());
        }
        rest = more.get(length..).unwrap_or_default();
    }
    (0, String::new())
}

const BY_NAME: u8 = 3;
const LIST: u8 = 7;

/// An answer with files.
fn files(files: &[Vec<u8>]) -> Vec<u8> {
    field(4, &files.iter().flat_map(|file| field(1, file)).collect::<Vec<u8>>())
}

/// An answer with names of services.
fn services(names: &[&str]) -> Vec<u8> {
    field(6, &names.iter().flat_map(|name| field(1, &field(1, name.as_bytes()))).collect::<Vec<u8>>())
}

/// A file with the service `probe.Lies`, whose method `Tell` takes and gives the message `probe.Lie`.
fn file(name: &str, imports: &[&str]) -> Vec<u8> {
    let mut file = [field(1, name.as_bytes()), field(2, b"probe")].concat();
    imports.iter().for_each(|import| file.extend(field(3, import.as_bytes())));
    let method = [field(1, b"Tell"), field(2, b".probe.Lie"), field(3, b".probe.Lie")].concat();
    file.extend(field(4, &field(1, b"Lie")));
    file.extend(field(6, &[field(1, b"Lies"), field(2, &method)].concat()));
    file.extend(field(12, b"proto3"));
    file
}

/// A file without anything in it.
fn empty(name: &str, imports: &[&str]) -> Vec<u8> {
    let imports = imports.iter().flat_map(|import| field(3, import.as_bytes()));
    field(1, name.as_bytes()).into_iter().chain(imports).chain(field(12, b"proto3")).collect()
}

/// Lists the service, and answers what else is asked with what the function makes of its name.
fn with_files(call: &mut Call<'_, '_>, answer: impl Fn(&str, bool) -> Vec<Vec<u8>>) -> Result<()> {
    let (kind, name) = asked(call);
    let reply = if kind == LIST { services(&["probe.Lies"]) } else { files(&answer(&name, kind == BY_NAME)) };
    call.answer(&reply)
}

/// Truth, for comparison.
pub fn honest(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| vec![file("lies.proto", &[])])
}

/// Each file imports another one, without end.
pub fn endless_imports(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |name, by_name| {
        if !by_name {
            return vec![file("0.proto", &["1.proto"])];
        }
        let number: u64 = name.trim_end_matches(".proto").parse().unwrap_or(0);
        vec![empty(name, &[&format!("{}.proto", number + 1)])]
    })
}

/// Two files import each other.
pub fn cyclic_imports(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |name, by_name| match (by_name, name) {
        (true, "b.proto") => vec![empty("b.proto", &["a.proto"])],
        _ => vec![file("a.proto", &["b.proto"])],
    })
}

/// A file imports itself.
pub fn importing_itself(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| vec![file("a.proto", &["a.proto"])])
}

/// Another file than the one that is imported.
pub fn another_file(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |name, by_name| match by_name {
        true => vec![empty(&format!("not-{name}"), &[])],
        false => vec![file("a.proto", &["b.proto"])],
    })
}

/// A file that lacks the service.
pub fn without_service(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| vec![empty("a.proto", &[])])
}

/// Two files of one name that are not the same.
pub fn two_of_one_name(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| vec![file("a.proto", &["b.proto"]), empty("b.proto", &[]), empty("a.proto", &["b.proto"])])
}

/// Files in one answer, without end.
pub fn endless_files(call: &mut Call<'_, '_>) -> Result<()> {
    if asked(call).0 == LIST {
        return call.answer(&services(&["probe.Lies"]));
    }
    call.head()?;
    loop {
        call.send(&files(&[empty("a.proto", &[])]))?;
    }
}

/// A set that is said to have a gigabyte, and that comes.
pub fn gigabyte(call: &mut Call<'_, '_>) -> Result<()> {
    if asked(call).0 == LIST {
        return call.answer(&services(&["probe.Lies"]));
    }
    call.head()?;
    call.data(&super::messages::prefix(0, 1 << 30))?;
    for _ in 0..1 << 16 {
        call.data(&[0; 1 << 14])?;
    }
    call.status("0", &[])
}

/// So many files, each of a quarter of a megabyte.
pub fn many_large_files(call: &mut Call<'_, '_>) -> Result<()> {
    let imports: Vec<String> = (0..1000).map(|number| format!("{number}.proto")).collect();
    let imports: Vec<&str> = imports.iter().map(String::as_str).collect();
    with_files(call, |name, by_name| match by_name {
        // Its package is a long name.
        true => vec![[empty(name, &[]), field(2, "p".repeat(1 << 18).as_bytes())].concat()],
        false => vec![file("a.proto", &imports)],
    })
}

/// Bytes that are no file.
pub fn garbage(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| vec![vec![0x0a, 0x7f, 0x00]])
}

/// A message type within a message type, ten thousand times.
pub fn deep(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| {
        let mut message = field(1, b"M");
        for _ in 0..10_000 {
            message = [field(1, b"M"), field(3, &message)].concat();
        }
        vec![[file("a.proto", &[]), field(4, &message)].concat()]
    })
}

/// A field of a type that no file has.
pub fn missing_type(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| {
        let field_of =
            [field(1, b"f"), number(3, 1), number(4, 1), number(5, 11), field(6, b".probe.Missing")].concat();
        vec![[file("a.proto", &[]), field(4, &[field(1, b"M"), field(2, &field_of)].concat())].concat()]
    })
}

/// Two fields of one number.
pub fn one_number_twice(call: &mut Call<'_, '_>) -> Result<()> {
    with_files(call, |_, _| {
        let one = |name: &[u8]| field(2, &[field(1, name), number(3, 1), number(4, 1), number(5, 9)].concat());
        vec![[file("a.proto", &[]), field(4, &[field(1, b"M"), one(b"f"), one(b"g")].concat())].concat()]
    })
}

/// A message with so many fields.
pub fn many_fields(count: u64) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        with_files(call, |_, _| {
            let one = |at: u64| {
                let name = format!("f{at}");
                field(2, &[field(1, name.as_bytes()), number(3, at + 1), number(4, 1), number(5, 9)].concat())
            };
            let fields: Vec<u8> = (0..count).flat_map(one).collect();
            vec![[file("a.proto", &[]), field(4, &[field(1, b"M"), fields].concat())].concat()]
        })
    }
}

/// A hundred thousand services.
pub fn many_services(call: &mut Call<'_, '_>) -> Result<()> {
    let names: Vec<String> = (0..100_000).map(|number| format!("probe.Lies{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    call.answer(&services(&names))
}

/// Services with names that are none.
pub fn names_that_are_none(call: &mut Call<'_, '_>) -> Result<()> {
    let long = "a".repeat(1 << 16);
    match asked(call).0 {
        LIST => call.answer(&services(&["", ".", "a b", "../etc", "probe.Lies\n", "\u{1b}[31m", &long])),
        _ => call.answer(&files(&[file("../../etc/passwd", &[]), empty("\u{1b}[31m", &[])])),
    }
}

/// An answer to another question.
pub fn another_answer(call: &mut Call<'_, '_>) -> Result<()> {
    match asked(call).0 {
        LIST => call.answer(&files(&[file("a.proto", &[])])),
        _ => call.answer(&services(&["probe.Lies"])),
    }
}

/// A refusal within the answer (`ErrorResponse`), with this text.
pub fn refusing(text: impl Into<String>) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    let reply = field(7, &[number(1, 5), field(2, text.into().as_bytes())].concat());
    move |call| call.answer(&reply)
}
