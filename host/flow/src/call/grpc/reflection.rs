//! Asking a server for its descriptors. Whatever it answers, the number of questions, their time and the size of the
//! answers are bounded; files that import each other in a circle, or have other names than were asked for, end the same
//! way.

use std::time::Duration;

use bytes::Bytes;
use lockgate_egress::OutboundClient;
use lockgate_egress::grpc::{GrpcCall, GrpcCode, GrpcStatus, ServerStream};
use lockgate_protobuf::{DescriptorsRefused, Files, Question, REFLECTION, SET_BYTES_MAX, Told};

use crate::FlowError;

/// Questions of one refresh: one for each service and each import that no answer brought along.
const QUESTIONS_MAX: usize = 1_500;
/// Services that a server may have; the largest public APIs have some dozens behind one address.
const SERVICES_MAX: usize = 500;
/// Bytes of the name of a service.
const NAME_MAX: usize = 512;
/// What is shown of a text of the server's, in bytes.
const TEXT_MAX: usize = 2_000;
/// What a server told.
pub(super) struct Reflected {
    /// A `google.protobuf.FileDescriptorSet`.
    pub(super) set: Bytes,
    /// The services that it has, but for reflection itself.
    pub(super) services: Vec<String>,
}

/// Asks a server for all of its services. All questions together may take `patience`.
pub(super) async fn ask(
    client: &OutboundClient,
    destination: Option<String>,
    patience: Duration,
) -> Result<Reflected, FlowError> {
    let mut server = Server { client, destination, path: "", asked: 0 };
    let wanted = server.all();
    match tokio::time::timeout(patience, wanted).await {
        Ok(told) => told,
        Err(_) => {
            let ms = patience.as_millis();
            Err(unusable(format!("its reflection took longer than the group's limit `deadline_ms`, {ms} ms")))
        }
    }
}

struct Server<'c> {
    client: &'c OutboundClient,
    destination: Option<String>,
    /// Of the version of reflection that it has.
    path: &'static str,
    asked: usize,
}

impl Server<'_> {
    async fn all(&mut self) -> Result<Reflected, FlowError> {
        let services = self.services().await?;
        let mut files = Files::default();
        for service in &services {
            let told = self.ask(&Question::Symbol(service)).await?;
            add(&mut files, told, &format!("service `{}`", service.escape_debug()))?;
        }
        while let Some(name) = files.next_missing() {
            let told = self.ask(&Question::File(&name)).await?;
            add(&mut files, told, &format!("file `{}`", name.escape_debug()))?;
        }
        Ok(Reflected { set: files.into_set(), services })
    }

    /// The names of its services, from the newest version of reflection that it has.
    async fn services(&mut self) -> Result<Vec<String>, FlowError> {
        let mut told = None;
        for path in REFLECTION {
            self.path = path;
            match self.send(&Question::Services).await? {
                Err(status) if status.code == GrpcCode::Unimplemented => {}
                answer => {
                    told = Some(answer);
                    break;
                }
            }
        }
        let Some(told) = told else {
            return Err(unusable(
                "it has no reflection (`grpc.reflection.v1` or `v1alpha`): switch it on there, or give the group \
                 `protos` with files"
                    .to_owned(),
            ));
        };
        let names = match told.map_err(|status| said(&status))? {
            Told::Services(names) => names,
            Told::Error(code, text) => return Err(refused("the list of services", code, &text)),
            Told::Files(_) | Told::Other => return Err(unusable("its reflection lists no services".to_owned())),
        };
        let mut names: Vec<String> =
            names.into_iter().filter(|name| !name.starts_with("grpc.reflection.") && name.len() <= NAME_MAX).collect();
        names.sort();
        names.dedup();
        if names.len() > SERVICES_MAX {
            return Err(unusable(format!("it has {} services: expected at most {SERVICES_MAX}", names.len())));
        }
        Ok(names)
    }

    async fn ask(&mut self, question: &Question<'_>) -> Result<Told, FlowError> {
        self.send(question).await?.map_err(|status| said(&status))
    }

    /// Asks one question, in a stream of its own.
    async fn send(&mut self, question: &Question<'_>) -> Result<Result<Told, GrpcStatus>, FlowError> {
        self.asked += 1;
        if self.asked > QUESTIONS_MAX {
            return Err(unusable(format!("its reflection takes more than {QUESTIONS_MAX} questions")));
        }
        let call = GrpcCall {
            destination: self.destination.clone(),
            idempotent: true,
            ..GrpcCall::new(self.path, question.encode())
        };
        let mut stream = match self.client.send(ServerStream(call)).await? {
            Ok(stream) => stream,
            Err(status) => return Ok(Err(status)),
        };
        let message = stream.message().await?;
        match (message, stream.ended()) {
            (Some(message), _) if message.len() > SET_BYTES_MAX => Err(unusable(format!(
                "its reflection answers {} bytes: expected at most {SET_BYTES_MAX}",
                message.len()
            ))),
            (Some(message), _) => {
                let told = Told::decode(message);
                told.map(Ok).ok_or_else(|| unusable("its reflection answers what is no message of it".to_owned()))
            }
            (None, Some(Err(status))) => Ok(Err(status.clone())),
            (None, Some(Ok(_)) | None) => Err(unusable("its reflection answers nothing".to_owned())),
        }
    }
}

fn add(files: &mut Files, told: Told, what: &str) -> Result<(), FlowError> {
    match told {
        Told::Files(bytes) => {
            for file in bytes {
                files.add(file).map_err(|error: DescriptorsRefused| unusable(format!("its reflection: {error}")))?;
            }
            Ok(())
        }
        Told::Error(code, text) => Err(refused(what, code, &text)),
        Told::Services(_) | Told::Other => Err(unusable(format!("its reflection gives no file for {what}"))),
    }
}

fn refused(what: &str, code: i32, text: &str) -> FlowError {
    let code = GrpcCode::of(code);
    unusable(format!("its reflection refuses {what} with {code}: {}", shown(text)))
}

fn said(status: &GrpcStatus) -> FlowError {
    unusable(format!("its reflection ends with {}: {}", status.code, shown(&status.message)))
}

/// A text of the server's.
fn shown(text: &str) -> impl std::fmt::Display {
    lockgate_domain::printable(text.get(..text.floor_char_boundary(TEXT_MAX)).unwrap_or_default())
}

fn unusable(detail: String) -> FlowError {
    FlowError::GrpcAnswer(detail)
}
