//! The image of a group, fetched by the host: a browser that looks at the console tells no other server so, and gets nothing
//! but an image. It goes out like any request, to public addresses alone and without a credential.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::Guard;
use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use lockgate_domain::destination::{Scheme, Target};
use lockgate_domain::{
    Caller, ConnectionChoice, EgressDefinition, GroupFacts, ImageType, Limits, ResourceType, Role, Scope, TokenId,
    TokenRestrictions, authorize,
};
use lockgate_egress::{Body, EgressSession, Options, OutboundClient, Redirects, Request};
use serde_json::json;

use crate::call::calls::Calls;
use crate::clock::now;
use crate::{Catalog, FlowError, Group};

/// Bytes of an image: an icon has some thousand.
const BYTES_MAX: u64 = 256 * 1024;
/// How long it may take, together with the wait for others.
const PATIENCE: Duration = Duration::from_secs(10);
/// Redirects that are followed, all within the origin of the image.
const REDIRECTS: u8 = 3;

/// An image.
#[derive(Debug)]
pub struct Image {
    /// What its first bytes say that it is.
    pub kind: ImageType,
    /// All of it.
    pub bytes: Bytes,
}

impl Calls<'_> {
    /// Fetches the image of a group that exists for a caller, by the URL in the group's definition.
    ///
    /// # Errors
    /// [`FlowError::NotFound`]: no such group names it. [`FlowError::Image`], [`FlowError::Egress`].
    pub async fn image(&self, url: &str, by: &Caller) -> Result<Image, FlowError> {
        let catalog = Guard::into_inner(self.0.catalog());
        let group =
            named(&catalog, url, by).ok_or_else(|| FlowError::NotFound("a group with this image".to_owned()))?;
        let client = self.image_client(&catalog, group, url, by.scope)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("image/*"));
        let options = Options { redirects: Redirects::Follow { max: REDIRECTS }, ..Options::default() };
        let request = Request { method: Method::GET, url: url.to_owned(), headers, body: Body::Empty, options };
        let fetched = tokio::time::timeout(PATIENCE, async {
            let _turn = self.0.0.images.take(&by.scope).await;
            let answer = client.send(request).await?;
            if answer.status != StatusCode::OK {
                return Err(FlowError::Image(format!("its server answers {}", answer.status.as_u16())));
            }
            Ok(answer.body.collect().await?)
        });
        let slow = || FlowError::Image(format!("it did not come within {} s", PATIENCE.as_secs()));
        let bytes = fetched.await.map_err(|_| slow())??;
        let kind = ImageType::of(&bytes);
        let kind = kind.ok_or_else(|| FlowError::Image("it is no PNG, JPEG, WebP, GIF or SVG".to_owned()))?;
        Ok(Image { kind, bytes })
    }

    /// What sends the request, and can send no other: to the origin of the image, in the name of the host.
    fn image_client(
        &self,
        catalog: &Catalog,
        group: &Group,
        url: &str,
        scope: Scope,
    ) -> Result<OutboundClient, FlowError> {
        let wrong = |why: String| FlowError::Image(format!("its URL is not one that the host fetches: {why}"));
        let target: Target = Target::parse(url).map_err(|error| wrong(error.to_string()))?;
        if target.scheme() != Scheme::Https {
            return Err(wrong("expected https://".to_owned()));
        }
        let destinations = json!([{"url": target.origin()}]);
        let definition = EgressDefinition::read(ResourceType::External, None, None, Some(&destinations), None);
        let definition = definition
            .map_err(|found| wrong(found.into_iter().map(|one| one.detail).collect::<Vec<_>>().join("; ")))?;
        let (definition, limits) =
            (Arc::new(definition), Limits { upstream_body_bytes: BYTES_MAX, ..Limits::default() });
        let session = EgressSession::new(group.stored.id, scope, definition, None)?;
        // Who looks at a group may not call its connectors, and this is no call of one.
        let restrictions = TokenRestrictions::default();
        let host = Caller { token: TokenId::new(), scope, role: Role::Invoker, restrictions };
        let facts = GroupFacts {
            id: group.stored.id,
            scope,
            enabled: true,
            installation_enabled: true,
            capabilities: &Default::default(),
            scope_enabled: catalog.scopes().is_enabled(&scope),
            tenants: catalog.scopes().tenants(&scope),
            activation: false,
            connections: &[],
            now: now(),
        };
        let permit = authorize(&host, facts, &ConnectionChoice::None, None)?;
        let deadline = Instant::now() + PATIENCE;
        Ok(OutboundClient::new(self.0.0.egress.clone(), permit, Arc::new(session), deadline, &limits))
    }
}

/// A group that exists for a caller and has this image.
fn named<'c>(catalog: &'c Catalog, url: &str, by: &Caller) -> Option<&'c Arc<Group>> {
    // Few groups have it, and only of these is asked who sees them.
    let mut with_it = catalog.all_groups().filter(|group| group.stored.definition.image_url.as_deref() == Some(url));
    with_it.find(|group| {
        let scopes = std::iter::once(by.scope).chain(catalog.scopes_within(&by.scope).map(|stored| stored.scope));
        let sees = |scope: Scope| {
            let mut visible = catalog.visible(&scope);
            visible.any(|(reference, seen)| seen.stored.id == group.stored.id && by.reaches(&scope, &reference))
        };
        scopes.into_iter().any(sees)
    })
}
