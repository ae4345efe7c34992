//! Values as PostgreSQL writes them in its text format, with the settings that sessions begin with.

use lockgate_domain::database::{Array, DIMENSIONS_MAX, Dimension, Scalar, Value};

use super::super::failed::Failed;
use super::types::{Kind, Type};

/// Reads a column's value. What it takes beside its bytes comes off `room`: an item of an array is a digit on the way, and
/// many times as much here.
pub(super) fn value(own: &Type, bytes: &[u8], room: &mut u64) -> Result<Value, Failed> {
    let wrong = || Failed::Broken(format!("the server sent a value that is no `{}`", own.shown()));
    let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
    if own.array {
        return array(own, text, room)?.ok_or_else(wrong);
    }
    *room = room.checked_sub(name_bytes(own)).ok_or(Failed::TooLarge)?;
    scalar(own, text).map(Value::Scalar).ok_or_else(wrong)
}

/// The name of its type that a value has with it.
fn name_bytes(own: &Type) -> u64 {
    if own.kind == Kind::Other { own.name.len() as u64 } else { 0 }
}

fn scalar(own: &Type, text: &str) -> Option<Scalar> {
    let owned = || text.to_owned();
    Some(match own.kind {
        Kind::Boolean => match text {
            "t" => Scalar::Boolean(true),
            "f" => Scalar::Boolean(false),
            _ => return None,
        },
        Kind::Integer => Scalar::Int64(text.parse().ok()?),
        Kind::Float => Scalar::Float64(text.parse().ok()?),
        Kind::Decimal => Scalar::Decimal(owned()),
        Kind::Text => Scalar::Text(owned()),
        Kind::Bytes => Scalar::Bytes(hex(text.strip_prefix("\\x")?)?),
        Kind::Date => Scalar::Date(owned()),
        Kind::Time => Scalar::Time(offset(text)),
        Kind::Timestamp => Scalar::Timestamp(moment(text)),
        Kind::TimestampTz => Scalar::TimestampTz(moment(&offset(text))),
        Kind::Interval => Scalar::Interval(owned()),
        Kind::Uuid => Scalar::Uuid(owned()),
        Kind::Json => Scalar::Json(owned()),
        Kind::Other => Scalar::Other { type_name: own.name.clone(), text: owned() },
    })
}

/// With `T` between date and time, as RFC 3339 has it; what it has not stays as it is.
fn moment(text: &str) -> String {
    let is_plain = text.len() >= 19 && text.as_bytes().get(10) == Some(&b' ') && !text.ends_with("BC");
    if is_plain { text.replacen(' ', "T", 1) } else { text.to_owned() }
}

/// With an offset of hours and minutes, or `Z`: `+00`, `+05:30` and, of old zones, `+00:19:32`, which stays.
fn offset(text: &str) -> String {
    let (text, era) = text.strip_suffix(" BC").map_or((text, ""), |text| (text, " BC"));
    let date = text.find(' ').unwrap_or(0);
    let sign = text.get(date..).and_then(|time| time.rfind(['+', '-'])).map(|at| date + at);
    let Some((before, own)) = sign.and_then(|at| text.split_at_checked(at)) else { return format!("{text}{era}") };
    match own.len() {
        3 if own == "+00" && era.is_empty() => format!("{before}Z"),
        3 => format!("{before}{own}:00{era}"),
        _ => format!("{before}{own}{era}"),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// An array's text, such as `{1,NULL,"a b"}` or `[0:1]={1,2}`.
fn array(own: &Type, text: &str, room: &mut u64) -> Result<Option<Value>, Failed> {
    let (bounds, body) = match text.strip_prefix('[') {
        Some(_) => match text.split_once('=') {
            Some(parts) => parts,
            None => return Ok(None),
        },
        None => ("", text),
    };
    let each = size_of::<Scalar>() as u64 + name_bytes(own);
    let mut reader = Reader { rest: body, own, items: Vec::new(), lengths: Vec::new(), room: *room, each, full: false };
    let read = reader.level(0).filter(|()| reader.rest.is_empty());
    if reader.full {
        return Err(Failed::TooLarge);
    }
    *room = reader.room;
    Ok(read.and_then(|()| reader.array(bounds)))
}

impl Reader<'_> {
    /// What was read.
    fn array(self, bounds: &str) -> Option<Value> {
        let Self { own, items, lengths, .. } = self;
        let mut first =
            bounds.split('[').skip(1).map(|bound| bound.split(':').next().and_then(|text| text.parse().ok()));
        let mut dimensions = Vec::new();
        for length in lengths.into_iter().filter(|_| !items.is_empty()) {
            dimensions.push(Dimension { length: length?, first: first.next().unwrap_or(Some(1))? });
        }
        Some(Value::Array(Array { element: own.name.clone(), dimensions, items }))
    }
}

struct Reader<'t> {
    rest: &'t str,
    own: &'t Type,
    items: Vec<Scalar>,
    /// The length of each dimension, as the first list of it has it.
    lengths: Vec<Option<u32>>,
    /// What items may still take, what each does, and whether one found no room.
    room: u64,
    each: u64,
    full: bool,
}

impl Reader<'_> {
    /// One list, of lists or of items.
    fn level(&mut self, depth: usize) -> Option<()> {
        if depth >= DIMENSIONS_MAX {
            return None;
        }
        if self.lengths.len() == depth {
            self.lengths.push(None);
        }
        self.eat('{')?;
        let mut length = 0_u32;
        if self.eat('}').is_some() {
            return self.ends(depth, length);
        }
        loop {
            match self.rest.chars().next()? {
                '{' => self.level(depth + 1)?,
                _ => {
                    let left = self.room.checked_sub(self.each);
                    self.full = left.is_none();
                    self.room = left?;
                    let item = self.item()?;
                    self.items.push(item);
                }
            }
            length = length.checked_add(1)?;
            if self.eat(',').is_none() {
                self.eat('}')?;
                return self.ends(depth, length);
            }
        }
    }

    /// Every list of a dimension has the same length.
    fn ends(&mut self, depth: usize, length: u32) -> Option<()> {
        let known = self.lengths.get_mut(depth)?;
        match known {
            Some(known) => (*known == length).then_some(()),
            None => {
                *known = Some(length);
                Some(())
            }
        }
    }

    fn eat(&mut self, expected: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    fn item(&mut self) -> Option<Scalar> {
        let mut text = String::new();
        if self.eat('"').is_some() {
            let mut chars = self.rest.char_indices();
            loop {
                match chars.next()? {
                    (_, '\\') => text.push(chars.next()?.1),
                    (at, '"') => {
                        self.rest = self.rest.get(at + 1..)?;
                        return scalar(self.own, &text);
                    }
                    (_, other) => text.push(other),
                }
            }
        }
        let end = self.rest.find([',', '}'])?;
        let (own, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        // Backslashes stand in quotes alone.
        if own == "NULL" { Some(Scalar::Null) } else { scalar(self.own, own) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(oid: u32, text: &str) -> Value {
        value(&Type::known(oid).unwrap(), text.as_bytes(), &mut { u64::MAX }).unwrap()
    }

    #[test]
    fn moments_are_written_as_rfc_3339_has_them() {
        for (oid, given, expected) in [
            (1184, "2026-11-29 10:20:30.5+00", "2026-11-29T10:20:30.5Z"),
            (1184, "2026-11-29 10:20:30-03", "2026-11-29T10:20:30-03:00"),
            (1184, "2026-11-29 10:20:30+05:30", "2026-11-29T10:20:30+05:30"),
            (1184, "infinity", "infinity"),
            (1184, "-infinity", "-infinity"),
            (1184, "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00:00 BC"),
            (1184, "10000-01-01 00:00:00+00", "10000-01-01 00:00:00Z"),
            (1114, "2026-11-29 10:20:30", "2026-11-29T10:20:30"),
            (1266, "10:20:30+00", "10:20:30Z"),
            (1083, "24:00:00", "24:00:00"),
        ] {
            let Value::Scalar(Scalar::TimestampTz(text) | Scalar::Timestamp(text) | Scalar::Time(text)) =
                read(oid, given)
            else {
                panic!("{given}")
            };
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn arrays_keep_their_items_lengths_and_first_indexes() {
        let Value::Array(array) = read(1009, r#"{a,"b \"c\\",NULL,"NULL",""}"#) else { panic!() };
        let texts = ["a", "b \"c\\", "", "NULL", ""].map(|text| Scalar::Text(text.to_owned()));
        let mut expected = texts.to_vec();
        expected[2] = Scalar::Null;
        assert_eq!(array.items, expected);
        assert_eq!(array.dimensions, [Dimension { length: 5, first: 1 }]);
        let Value::Array(array) = read(1007, "[0:1][-2:0]={{1,2,3},{4,5,6}}") else { panic!() };
        assert_eq!(array.items.len(), 6);
        assert_eq!(array.dimensions, [Dimension { length: 2, first: 0 }, Dimension { length: 3, first: -2 }]);
        let Value::Array(array) = read(1007, "{}") else { panic!() };
        assert!(array.items.is_empty() && array.dimensions.is_empty());
    }

    #[test]
    fn what_is_no_value_of_the_type_is_refused() {
        for (oid, text) in [
            (16, "true"),
            (20, "9223372036854775808"),
            (17, "abc"),
            (17, "\\xabc"),
            (1007, "{1,2"),
            (1007, "{1,2}}"),
            (1007, "{{1},{2,3}}"),
            (1007, "{x}"),
            (1007, "{{{{{{{1}}}}}}}"),
            (1007, ""),
        ] {
            let read = value(&Type::known(oid).unwrap(), text.as_bytes(), &mut { u64::MAX });
            assert!(matches!(read, Err(Failed::Broken(_))), "{oid} {text}");
        }
        assert!(value(&Type::known(25).unwrap(), b"\xff", &mut { u64::MAX }).is_err());
    }

    #[test]
    fn items_take_more_room_than_their_bytes() {
        let text = format!("{{0{}}}", ",0".repeat(999));
        let mut room = 1_000 * size_of::<Scalar>() as u64;
        let read = |room: &mut u64| value(&Type::known(1007).unwrap(), text.as_bytes(), room);
        assert!(matches!(read(&mut (room - 1)), Err(Failed::TooLarge)));
        assert!(read(&mut room).is_ok());
        assert_eq!(room, 0);
        // A value of a type that the host does not know has its name with it.
        let own = Type::named(70_000, "n".repeat(100));
        assert!(matches!(value(&own, b"x", &mut 99), Err(Failed::TooLarge)));
        assert!(value(&own, b"x", &mut 100).is_ok());
    }

    #[test]
    fn numbers_at_their_edges() {
        assert_eq!(read(20, "-9223372036854775808"), Scalar::Int64(i64::MIN).into());
        assert_eq!(read(701, "Infinity"), Scalar::Float64(f64::INFINITY).into());
        assert_eq!(read(701, "1.7976931348623157e+308"), Scalar::Float64(f64::MAX).into());
        assert_eq!(read(1700, "NaN"), Scalar::Decimal("NaN".to_owned()).into());
        assert_eq!(read(17, "\\x00ff"), Scalar::Bytes(vec![0, 255]).into());
    }
}
