"""What the tests say to Schemathesis beside its configuration."""

import schemathesis

# A component is sent as any other bytes are.
schemathesis.serializer.alias("application/wasm", "application/octet-stream")
schemathesis.serializer.alias("application/zip", "application/octet-stream")


@schemathesis.hook
def filter_case(context, case):
    """A header that nobody asked for is no mistake: whoever is between client and host may add some."""
    return "x-schemathesis-unknown-property" not in (case.headers or {})
