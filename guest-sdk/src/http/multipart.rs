//! Forms with files (RFC 7578).

use crate::random;

/// A form with files, for [`multipart`](super::RequestBuilder::multipart).
#[derive(Debug, Clone, Default)]
pub struct Form {
    parts: Vec<(String, Part)>,
}

/// One part of it.
#[derive(Debug, Clone)]
pub struct Part {
    bytes: Vec<u8>,
    file_name: Option<String>,
    content_type: Option<String>,
}

impl Form {
    /// Without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.part(name, Part::new(text.into()))
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, name: impl Into<String>, part: Part) -> Self {
        self.parts.push((name.into(), part));
        self
    }

    /// The body and its content type.
    pub(super) fn encode(self) -> (Vec<u8>, String) {
        // 128 random bits: no part holds them by chance, and none can know them.
        let boundary = format!("lockgate-{:016x}{:016x}", random::u64(), random::u64());
        let mut body = Vec::new();
        for (name, part) in self.parts {
            body.extend(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"", quoted(&name)).bytes());
            if let Some(file) = part.file_name {
                body.extend(format!("; filename=\"{}\"", quoted(&file)).bytes());
            }
            if let Some(kind) = part.content_type {
                body.extend(format!("\r\ncontent-type: {}", kind.replace(['\r', '\n'], " ")).bytes());
            }
            body.extend(b"\r\n\r\n");
            body.extend(part.bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}--\r\n").bytes());
        (body, format!("multipart/form-data; boundary={boundary}"))
    }
}

impl Part {
    /// A part of text or of bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), file_name: None, content_type: None }
    }

    /// Makes it a file.
    #[must_use]
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Says what it is, such as `text/csv`.
    #[must_use]
    pub fn content_type(mut self, kind: impl Into<String>) -> Self {
        self.content_type = Some(kind.into());
        self
    }
}

/// As browsers write a name (WHATWG, multipart form data).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::{Form, Part};

    #[test]
    fn parts_are_framed_and_names_can_not_break_out() {
        let file = Part::new(vec![0, 255]).file_name("a\"\r\nb").content_type("image/png");
        let (body, kind) = Form::new().text("note", "hi").part("file", file).encode();
        let boundary = kind.split_once("boundary=").expect("a boundary").1;
        let text = String::from_utf8_lossy(&body);
        let parts: Vec<_> = text.split(&format!("--{boundary}")).collect();
        assert_eq!(parts[1], "\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhi\r\n");
        assert!(parts[2].contains("name=\"file\"; filename=\"a%22%0D%0Ab\"\r\ncontent-type: image/png\r\n\r\n"));
        assert_eq!((parts.len(), parts[3]), (4, "--\r\n"));
    }
}
