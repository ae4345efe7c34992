//! A group that needs a connection, and its connections.

use reqwest::Method;
use serde_json::{Value, json};

use crate::guests::STATE;
use crate::{Answer, Host};

impl Host {
    /// A group named `g` with the guest that shows what it knows, which needs a connection with a key and a subdomain.
    #[track_caller]
    pub fn with_activation(&self) {
        self.with_guest(&STATE, reach());
    }

    /// Makes a connection of `g` with these members beside its values.
    pub fn connection(&self, key: &str, members: Value) -> Answer {
        let mut body = values(key);
        body.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        self.send(self.request(Method::POST, "/groups/g/connections").json(&body))
    }

    /// A call of `g/facts` with this connection.
    pub fn call_as(&self, connection: Value) -> Answer {
        let body = json!({"input": {}, "connection": connection});
        self.send(self.request(Method::POST, "/groups/g/connectors/facts/invoke").json(&body))
    }
}

/// What the definition of such a group says.
pub fn reach() -> Value {
    json!({
        "base_url": "https://{subdomain}.acme.example/api",
        "activation": {
            "credentials": {"main": {"default": "key", "methods": {
                "key": {"type": "api_key", "in": "header", "name": "x-api-key"},
                "token": {"type": "bearer"},
            }}},
            "fields": {
                "subdomain": {"type": "text", "required": true, "visible": true, "pattern": "[a-z0-9-]+"},
                "note": {"type": "text"},
            },
        },
        "destinations": [{"url": "https://{subdomain}.acme.example", "credential": "main"}],
    })
}

/// Values for its method `key`.
pub fn values(key: &str) -> Value {
    json!({"fields": {"subdomain": "shop"}, "credentials": {"main": {"values": {"value": key}}}})
}
