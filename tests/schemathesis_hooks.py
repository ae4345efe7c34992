"""A component is sent as any other bytes are."""

import schemathesis

schemathesis.serializer.alias("application/wasm", "application/octet-stream")
