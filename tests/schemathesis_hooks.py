"""Components and archives are sent as any other bytes are."""

import schemathesis

schemathesis.serializer.alias("application/wasm", "application/octet-stream")
schemathesis.serializer.alias("application/zip", "application/octet-stream")
