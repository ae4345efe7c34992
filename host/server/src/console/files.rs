//! The files of the app, as the program has them.

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its path below `/console`, without a slash at its beginning.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// A digest of its bytes, in quotation marks.
    pub etag: &'static str,
    /// As it is.
    pub bytes: &'static [u8],
    /// In the encoding `br`, where that is smaller.
    pub brotli: Option<&'static [u8]>,
}

/// The console that a program has: none, if it was built without.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console(pub &'static [Asset]);

/// The page of the app.
const INDEX: &str = "index.html";
/// Files whose names have a digest of their bytes: they never change.
const HASHED: &str = "assets/";

impl Asset {
    /// Whether its bytes are the same for ever.
    pub(super) fn is_immutable(&self) -> bool {
        self.path.starts_with(HASHED)
    }
}

impl Console {
    /// The file of a path; the app's page where the path is a place within the app.
    pub(super) fn find(&self, path: &str) -> Option<&'static Asset> {
        let named = |wanted: &str| self.0.iter().find(|asset| asset.path == wanted);
        // What has a dot is a file, and one that is not there must not look as if it were.
        let place = !path.contains('.') && !path.starts_with(HASHED);
        named(path).or_else(|| named(INDEX).filter(|_| place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn asset(path: &'static str) -> Asset {
        Asset { path, media_type: "text/html", etag: "\"x\"", bytes: b"", brotli: None }
    }

    static FILES: [Asset; 3] = [asset("index.html"), asset("icon.svg"), asset("assets/app-1.js")];

    #[test]
    fn a_place_in_the_app_is_the_page_and_a_missing_file_is_missing() {
        let console = Console(&FILES);
        let found = |path: &str| console.find(path).map(|asset| asset.path);
        for place in ["", "groups", "workspaces/default/groups/shop"] {
            assert_eq!(found(place), Some("index.html"), "{place}");
        }
        assert_eq!((found("icon.svg"), found("assets/app-1.js")), (Some("icon.svg"), Some("assets/app-1.js")));
        for missing in ["icon.png", "assets/app-2.js", "assets/app", "../index.html", ".env"] {
            assert_eq!(found(missing), None, "{missing}");
        }
        assert!(FILES[2].is_immutable() && !FILES[0].is_immutable());
        assert!(Console::default().find("").is_none());
    }
}
