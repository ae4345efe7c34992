"""What the tests say to Schemathesis beside its configuration."""

import uuid

import schemathesis

# A component is sent as any other bytes are.
schemathesis.serializer.alias("application/wasm", "application/octet-stream")
schemathesis.serializer.alias("application/zip", "application/octet-stream")


@schemathesis.hook
def filter_case(context, case):
    """A header that nobody asked for is no mistake: whoever is between client and host may add some."""
    return "x-schemathesis-unknown-property" not in (case.headers or {})


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key belongs to one request, and right cases that differ would share one: each gets a key of its own."""
    if case.meta is None or case.meta.generation.mode is not schemathesis.GenerationMode.POSITIVE:
        return
    for name in list(case.headers or {}):
        if name.lower() == "idempotency-key":
            case.headers[name] = uuid.uuid4().hex
