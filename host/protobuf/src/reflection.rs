//! The messages of server reflection, which are the same in versions 1 and 1alpha:
//! <https://github.com/grpc/grpc/blob/master/src/proto/grpc/reflection/v1/reflection.proto>.

use bytes::Bytes;
use prost::Message;

/// The services of reflection, the newer one first; each has one method, a stream both ways.
pub const REFLECTION: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// What a server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question<'q> {
    /// Which services it has.
    Services,
    /// The file of this name.
    File(&'q str),
    /// The file that defines this service, message or enum.
    Symbol(&'q str),
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Names of services.
    Services(Vec<String>),
    /// Files, each a `google.protobuf.FileDescriptorProto`.
    Files(Vec<Bytes>),
    /// It can't say: a status code of gRPC and a text.
    Error(i32, String),
    /// Something that was not asked.
    Other,
}

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, optional, tag = "3")]
    file_by_filename: Option<String>,
    #[prost(string, optional, tag = "4")]
    file_containing_symbol: Option<String>,
    #[prost(string, optional, tag = "7")]
    list_services: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(message, optional, tag = "4")]
    files: Option<FilesResponse>,
    #[prost(message, optional, tag = "6")]
    services: Option<ServicesResponse>,
    #[prost(message, optional, tag = "7")]
    error: Option<ErrorResponse>,
}

#[derive(Clone, PartialEq, Message)]
struct FilesResponse {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file_descriptor_proto: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct ServicesResponse {
    #[prost(message, repeated, tag = "1")]
    service: Vec<ServiceResponse>,
}

#[derive(Clone, PartialEq, Message)]
struct ServiceResponse {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorResponse {
    #[prost(int32, tag = "1")]
    error_code: i32,
    #[prost(string, tag = "2")]
    error_message: String,
}

impl Question<'_> {
    /// The request's message.
    pub fn encode(&self) -> Bytes {
        let mut request = Request::default();
        match self {
            Self::Services => request.list_services = Some("*".to_owned()),
            Self::File(name) => request.file_by_filename = Some((*name).to_owned()),
            Self::Symbol(name) => request.file_containing_symbol = Some((*name).to_owned()),
        }
        request.encode_to_vec().into()
    }
}

impl Told {
    /// Reads an answer's message; none if it is none.
    pub fn decode(message: Bytes) -> Option<Self> {
        let response = Response::decode(message).ok()?;
        Some(match response {
            Response { error: Some(error), .. } => Self::Error(error.error_code, error.error_message),
            Response { files: Some(files), .. } => Self::Files(files.file_descriptor_proto),
            Response { services: Some(services), .. } => {
                Self::Services(services.service.into_iter().map(|service| service.name).collect())
            }
            Response { files: None, services: None, error: None } => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_are_as_the_service_writes_them() {
        assert_eq!(&Question::Services.encode()[..], b"\x3a\x01*");
        assert_eq!(&Question::File("a.proto").encode()[..], b"\x1a\x07a.proto");
        assert_eq!(&Question::Symbol("a.B").encode()[..], b"\x22\x03a.B");
        let told = |bytes: &'static [u8]| Told::decode(Bytes::from_static(bytes));
        assert_eq!(told(b"\x32\x07\x0a\x05\x0a\x03a.B"), Some(Told::Services(vec!["a.B".to_owned()])));
        assert_eq!(told(b"\x22\x04\x0a\x02\x0a\x00"), Some(Told::Files(vec![Bytes::from_static(b"\x0a\x00")])));
        assert_eq!(told(b"\x3a\x05\x08\x05\x12\x01x"), Some(Told::Error(5, "x".to_owned())));
        assert_eq!((told(b""), told(b"\x3a\xff")), (Some(Told::Other), None));
    }

    #[test]
    fn whatever_a_server_answers_holds_no_more_than_it_sent() {
        let mut random = fastrand::Rng::with_seed(13);
        let seeds: [&[u8]; 4] =
            [b"\x32\x07\x0a\x05\x0a\x03a.B", b"\x22\x04\x0a\x02\x0a\x00", b"\x3a\x05\x08\x05\x12\x01x", b"\x12\x00"];
        let mut read = [0; 5];
        for _ in 0..50_000 {
            let mut bytes: Vec<u8> = (0..random.usize(1..3)).flat_map(|_| seeds[random.usize(..4)]).copied().collect();
            for _ in 0..random.usize(..3) {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
            let (place, held) = match Told::decode(Bytes::copy_from_slice(&bytes)) {
                None => (0, 0),
                Some(Told::Services(names)) => (1, names.iter().map(String::len).sum()),
                Some(Told::Files(files)) => (2, files.iter().map(Bytes::len).sum()),
                Some(Told::Error(_, text)) => (3, text.len()),
                Some(Told::Other) => (4, 0),
            };
            read[place] += 1;
            assert!(held <= bytes.len(), "{held}: {bytes:?}");
        }
        assert!(read.iter().all(|count| *count > 1_000), "{read:?}");
    }
}
