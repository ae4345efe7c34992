//! Calendar and time zones, for `lockgate/dates`. Moments are milliseconds since 1970; the rules of the zones are those of
//! the IANA database that is part of the engine.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp, Unit, Zoned, ZonedDifference};
use rquickjs::{Ctx, Exception, Function, Object};

/// Names of zones are shorter; what is longer is not repeated in an error.
const NAME_MAX: usize = 64;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("dateParts", Function::new(ctx.clone(), parts)?)?;
    functions.set("dateOf", Function::new(ctx.clone(), of)?)?;
    functions.set("dateAdd", Function::new(ctx.clone(), add)?)?;
    functions.set("dateUntil", Function::new(ctx.clone(), until)?)
}

/// Year, month, day, hour, minute, second, millisecond, day of the week (1 is Monday), day of the year, the year of the ISO
/// week, its number, days of the month, and seconds that the zone is before UTC.
fn parts(ctx: Ctx<'_>, moment: f64, zone: String) -> rquickjs::Result<Vec<i32>> {
    let at = zoned(&ctx, moment, &zone)?;
    let week = at.date().iso_week_date();
    Ok(vec![
        at.year().into(),
        at.month().into(),
        at.day().into(),
        at.hour().into(),
        at.minute().into(),
        at.second().into(),
        at.millisecond().into(),
        at.weekday().to_monday_one_offset().into(),
        at.day_of_year().into(),
        week.year().into(),
        week.week().into(),
        at.days_in_month().into(),
        at.offset().seconds(),
    ])
}

/// The moment of year, month, day, hour, minute, second and millisecond. A time that the zone leaves out is as much later,
/// and of one that comes twice it is the first.
fn of(ctx: Ctx<'_>, parts: Vec<f64>, zone: String) -> rquickjs::Result<f64> {
    let zone = named(&ctx, &zone)?;
    let date = || {
        let [year, month, day, hour, minute, second, millisecond] = parts.as_slice() else { return None };
        let small = |value: f64| i8::try_from(value as i64).ok();
        let nanoseconds = i32::try_from(*millisecond as i64).ok()?.checked_mul(1_000_000)?;
        let year = i16::try_from(*year as i64).ok()?;
        let (month, day, hour) = (small(*month)?, small(*day)?, small(*hour)?);
        DateTime::new(year, month, day, hour, small(*minute)?, small(*second)?, nanoseconds).ok()
    };
    let at = date().and_then(|date| date.to_zoned(zone).ok());
    at.map(|at| milliseconds(&at)).ok_or_else(|| Exception::throw_range(&ctx, "dates: there is no such date"))
}

/// A moment later by years and months of the zone, then by its weeks and days, and then by milliseconds. Each may have a sign
/// of its own, which parts of one `Span` can't have.
fn add(ctx: Ctx<'_>, moment: f64, zone: String, by: Vec<f64>) -> rquickjs::Result<f64> {
    let at = zoned(&ctx, moment, &zone)?;
    let later = || {
        let [years, months, weeks, days, milliseconds] = by.as_slice() else { return None };
        let months = sum(*years, 12, *months)?;
        let days = sum(*weeks, 7, *days)?;
        // What is not moved in the calendar stays the second of two times that a zone has twice.
        let at = if months == 0 && days == 0 { at } else { on(&at, months, days)? };
        let exact = Span::new().try_milliseconds(*milliseconds as i64).ok()?;
        at.checked_add(exact).ok()
    };
    later().map(|at| milliseconds(&at)).ok_or_else(|| out_of_range(&ctx))
}

/// `many` times `of`, and `more`.
fn sum(many: f64, of: i64, more: f64) -> Option<i64> {
    (many as i64).checked_mul(of)?.checked_add(more as i64)
}

/// The same time of the day on another date; the 31st becomes the last of a shorter month before days are counted.
fn on(at: &Zoned, months: i64, days: i64) -> Option<Zoned> {
    let month = at.datetime().checked_add(Span::new().try_months(months).ok()?).ok()?;
    let day = month.checked_add(Span::new().try_days(days).ok()?).ok()?;
    day.to_zoned(at.time_zone().clone()).ok()
}

/// How many whole units are from one moment to another; fewer than none if that is earlier.
fn until(ctx: Ctx<'_>, from: f64, to: f64, zone: String, unit: String) -> rquickjs::Result<f64> {
    let (from, to) = (zoned(&ctx, from, &zone)?, zoned(&ctx, to, &zone)?);
    let unit = match unit.as_str() {
        "years" => Unit::Year,
        "months" => Unit::Month,
        "weeks" => Unit::Week,
        _ => Unit::Day,
    };
    let span = from.until(ZonedDifference::new(&to).largest(unit)).map_err(|_| out_of_range(&ctx))?;
    Ok(match unit {
        Unit::Year => span.get_years().into(),
        Unit::Month => span.get_months().into(),
        Unit::Week => span.get_weeks().into(),
        _ => span.get_days().into(),
    })
}

fn milliseconds(at: &Zoned) -> f64 {
    at.timestamp().as_millisecond() as f64
}

fn zoned(ctx: &Ctx<'_>, moment: f64, zone: &str) -> rquickjs::Result<Zoned> {
    let at = Timestamp::from_millisecond(moment as i64).map_err(|_| out_of_range(ctx))?;
    Ok(at.to_zoned(named(ctx, zone)?))
}

fn out_of_range(ctx: &Ctx<'_>) -> rquickjs::Error {
    Exception::throw_range(ctx, "dates: expected a date from the year -9999 to 9999")
}

/// A zone by its name in the database, `UTC`, or an offset such as `+02:00`.
fn named(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<TimeZone> {
    if name == "UTC" {
        return Ok(TimeZone::UTC);
    }
    let found = match name.as_bytes().first() {
        Some(b'+' | b'-') => offset(name).map(TimeZone::fixed),
        _ => TimeZoneDatabase::bundled().get(name).ok(),
    };
    found.ok_or_else(|| {
        let name = if name.len() > NAME_MAX { "…" } else { name };
        let text =
            format!("dates: there is no time zone `{name}`: expected one like `Europe/Berlin`, `UTC` or `+02:00`");
        Exception::throw_range(ctx, &text)
    })
}

fn offset(name: &str) -> Option<Offset> {
    let (hours, minutes) = name.get(1..)?.split_once(':')?;
    let two =
        |text: &str| (text.len() == 2 && text.bytes().all(|one| one.is_ascii_digit())).then(|| text.parse().ok())?;
    let (hours, minutes): (i32, i32) = (two(hours)?, two(minutes)?);
    let seconds = (minutes < 60).then_some(hours * 3600 + minutes * 60)?;
    Offset::from_seconds(if name.starts_with('-') { -seconds } else { seconds }).ok()
}
