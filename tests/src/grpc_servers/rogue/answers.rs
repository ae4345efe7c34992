//! Answers of HTTP that are none of gRPC's: heads, trailers and statuses.

use std::io::Result;

use super::Call;

/// A good answer, for comparison.
pub fn good(call: &mut Call<'_, '_>) -> Result<()> {
    call.answer(b"")
}

/// Trailers and no head, as a server does that fails at once.
pub fn trailers_only(call: &mut Call<'_, '_>) -> Result<()> {
    let fields = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5")];
    call.fields(&[&fields[..], &[("grpc-message", "no such thing")]].concat(), true)
}

/// The same with a status of success, which lacks the message.
pub fn trailers_only_of_success(call: &mut Call<'_, '_>) -> Result<()> {
    call.fields(&[(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "0")], true)
}

/// Ends with its data.
pub fn without_trailers(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.last_data(&super::messages::prefixed(0, b""))
}

/// Trailers that lack the status.
pub fn without_status(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.send(b"")?;
    call.fields(&[("x-other", "1")], true)
}

/// A message, and then this text as its status.
pub fn with_status(text: &'static str) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        call.head()?;
        call.send(b"")?;
        call.status(text, &[])
    }
}

/// Two statuses, of which one says that all is well.
pub fn with_two_statuses(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.send(b"")?;
    call.status("0", &[("grpc-status", "13")])
}

/// A status in the head, and a message and another status behind it.
pub fn with_status_in_head(call: &mut Call<'_, '_>) -> Result<()> {
    call.head_with(&[("grpc-status", "5")])?;
    call.send(b"")?;
    call.status("0", &[])
}

/// A status with this text as its `grpc-message`.
pub fn with_message(text: impl Into<String>) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    let text = text.into();
    move |call| {
        call.head()?;
        call.status("9", &[("grpc-message", &text)])
    }
}

/// A status with this text as its `grpc-status-details-bin`.
pub fn with_details(text: impl Into<String>) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    let text = text.into();
    move |call| {
        call.head()?;
        call.status("9", &[("grpc-message", "with details"), ("grpc-status-details-bin", &text)])
    }
}

/// A page of a proxy, with success.
pub fn html(call: &mut Call<'_, '_>) -> Result<()> {
    call.fields(&[(":status", "200"), ("content-type", "text/html")], false)?;
    call.last_data(b"<html><body>Please log in</body></html>")
}

/// A status of HTTP with a text.
pub fn http(status: &'static str) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        call.fields(&[(":status", status), ("content-type", "text/plain")], false)?;
        call.last_data(b"said by a proxy")
    }
}

/// What is otherwise a good answer, with another type.
pub fn of_type(text: &'static str) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        call.fields(&[(":status", "200"), ("content-type", text)], false)?;
        call.send(b"")?;
        call.status("0", &[])
    }
}

/// No type at all.
pub fn without_type(call: &mut Call<'_, '_>) -> Result<()> {
    call.fields(&[(":status", "200")], false)?;
    call.send(b"")?;
    call.status("0", &[])
}

/// So many fields of a hundred bytes in its head.
pub fn with_fields_in_head(count: usize) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    let fields = many(count);
    move |call| {
        call.head_with(&borrowed(&fields))?;
        call.send(b"")?;
        call.status("0", &[])
    }
}

/// The same in its trailers.
pub fn with_fields_in_trailers(count: usize) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    let fields = many(count);
    move |call| {
        call.head()?;
        call.send(b"")?;
        call.status("0", &borrowed(&fields))
    }
}

fn many(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (format!("x-{number}"), "v".repeat(100))).collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
