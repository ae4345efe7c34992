//! Calls of the clients that progenitor generated of the documents of both groups.

#[allow(warnings, clippy::all, reason = "generated")]
mod shop {
    include!(concat!(env!("OUT_DIR"), "/shop.rs"));
}
#[allow(warnings, clippy::all, reason = "generated")]
mod desk {
    include!(concat!(env!("OUT_DIR"), "/desk.rs"));
}

use std::env;
use std::future::poll_fn;

use serde_json::{Value, json};

/// The code of a problem. To this generator only `application/json` is JSON, so it gives the bytes.
async fn code_of(mut problem: progenitor_client::ByteStream) -> Value {
    let mut text = Vec::new();
    while let Some(piece) = poll_fn(|context| problem.as_mut().poll_next(context)).await {
        text.extend_from_slice(&piece.expect("a body"));
    }
    serde_json::from_slice::<Value>(&text).expect("a problem")["code"].clone()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (host, token) = (env::var("HOST").expect("HOST"), env::var("TOKEN").expect("TOKEN"));
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    let http = reqwest::Client::builder().no_proxy().default_headers(headers).build().expect("a client");
    let shop = shop::Client::new_with_client(&host, http.clone());
    let desk = desk::Client::new_with_client(&host, http);

    let order: shop::types::OrderTotalRequest = serde_json::from_value(json!({
        "input": {"currency": "EUR", "lines": [{"sku": "AB123", "price": 2.5, "quantity": 4}]},
    }))
    .expect("what the document allows");
    let order = shop.order_total().lockgate_tenant("ada").body(order).send().await.expect("an answer").into_inner();
    let labels: shop::types::LabelsRequest = serde_json::from_value(json!({"input": {}})).expect("labels");
    let labels = shop.labels().body(labels).send().await.expect("an answer").into_inner();
    let echo: shop::types::AnythingRequest =
        serde_json::from_value(json!({"input": {"b": [1, null]}})).expect("any JSON");
    let echo = shop.anything().body(echo).send().await.expect("an answer").into_inner();
    // The type allows a price that the schema does not.
    let wrong: shop::types::OrderTotalRequest = serde_json::from_value(json!({
        "input": {"currency": "EUR", "lines": [{"sku": "AB123", "price": 5000}]},
    }))
    .expect("what the type allows");
    let code = match shop.order_total().body(wrong).send().await {
        Ok(_) => json!("none"),
        Err(progenitor_client::Error::ErrorResponse(refused)) => code_of(refused.into_inner()).await,
        Err(other) => panic!("{other}"),
    };

    let call = |body: Value| {
        let body: Result<desk::types::TicketRequest, _> = serde_json::from_value(body);
        let desk = desk.clone();
        async move { desk.ticket().body(body.expect("a call")).send().await.expect("an answer").into_inner().output }
    };
    let fixed = call(json!({"input": {"number": 7}, "connection": {"fixed": "main"}})).await;
    let dynamic = call(json!({"input": {"number": 8}, "connection": {"dynamic": {"tenant": "ada"}}})).await;
    let none = serde_json::from_value::<desk::types::TicketRequest>(json!({"input": {"number": 9}}));
    let none = if none.is_err() { "LG1015" } else { "none" };

    let shown = serde_json::to_value(&order.output).expect("JSON");
    println!(
        "{}",
        json!({
            "kind": shown["kind"], "total": shown["total"], "note": shown["note"], "code": code, "count": labels.output, "echo": echo.output,
            "fixed": fixed, "dynamic": dynamic, "none": none,
        })
    );
}
