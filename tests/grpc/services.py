"""What the services do."""

import asyncio
import collections

import grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2
from grpc_status import rpc_status

import lines
from protos import message

Empty = message("google.protobuf.Empty")
Scalars = message("lockgate.test.Scalars")
MetadataReply = message("lockgate.test.MetadataReply")
Number = message("lockgate.test.Number")
Blob = message("lockgate.test.Blob")
Item = message("inventory.v1.Item")
Reservation = message("inventory.v1.Reservation")
ImportReply = message("inventory.v1.ImportReply")


class Echo:
    async def Send(self, request, context):
        return request

    async def SendLegacy(self, request, context):
        return request

    async def Split(self, request, context):
        for one in request.messages:
            yield one


class Probe:
    def __init__(self, released):
        self.released = released
        self.failures = collections.Counter()

    async def ShowMetadata(self, request, context):
        await context.send_initial_metadata([*request.headers.items(), *request.binary.items()])
        context.set_trailing_metadata([*request.trailers.items(), *request.binary.items()])
        reply = MetadataReply()
        for name, value in context.invocation_metadata():
            entry = reply.entries.add(name=name)
            if isinstance(value, bytes):
                entry.raw = value
            else:
                entry.text = value
        return reply

    async def Fail(self, request, context):
        self.failures[request.key] += 1
        if request.times and self.failures[request.key] > request.times:
            return Empty()
        details = []
        for name in ("bad_request", "error_info", "retry_info"):
            if request.HasField(name):
                details.append(any_pb2.Any())
                details[-1].Pack(getattr(request, name))
        details += request.others
        trailers = list(request.trailers.items())
        if details:
            status = status_pb2.Status(code=request.code, message=request.message, details=details)
            trailers += rpc_status.to_status(status).trailing_metadata
        code = next(code for code in grpc.StatusCode if code.value[0] == request.code)
        await context.abort(code, request.message, tuple(trailers))

    async def Count(self, request, context):
        if request.compress:
            context.set_compression(grpc.Compression.Gzip)
        sent = 0
        lines.write({"event": "began", "method": "Count", "remaining": context.time_remaining()})
        try:
            while request.numbers < 0 or sent < request.numbers:
                if request.HasField("hold_after") and sent == request.hold_after:
                    await self.released.wait()
                # Waits for room when the client does not read.
                await context.write(Number(value=sent, padding=b"." * request.padding))
                sent += 1
                # A write for a client that is gone may neither wait nor fail.
                await asyncio.sleep(0)
                if context.cancelled():
                    raise asyncio.CancelledError
                if sent % 100 == 0 or sent < 10:
                    lines.write({"event": "sent", "method": "Count", "messages": sent})
        except BaseException:
            # What is written for a client that is gone fails in other ways too.
            lines.write({"event": "cancelled", "method": "Count", "messages": sent})
            raise
        lines.write({"event": "ended", "method": "Count", "messages": sent})
        if request.code:
            code = next(code for code in grpc.StatusCode if code.value[0] == request.code)
            await context.abort(code, "after the last number")

    async def Grow(self, request, context):
        if request.compress:
            context.set_compression(grpc.Compression.Gzip)
        return Blob(data=b"x" * request.bytes)

    async def Measure(self, request, context):
        return Number(value=len(request.data))

    async def Hold(self, request, context):
        lines.write({"event": "began", "method": "Hold", "remaining": context.time_remaining()})
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            lines.write({"event": "cancelled", "method": "Hold"})
            raise
        lines.write({"event": "ended", "method": "Hold"})
        return Empty()

    async def Upload(self, requests, context):
        total = 0
        async for request in requests:
            total += len(request.data)
        return Number(value=total)

    async def Chat(self, requests, context):
        async for request in requests:
            yield request


class Inventory:
    def __init__(self):
        self.items = {}
        for sku, name, unit, stock, price in (
            ("ink-7", "Ink, blue", 1, 40, 450),
            ("paper-3", "Paper", 2, 250_000, None),
            ("pen-1", "Pen", 1, 12, 199),
        ):
            item = Item(sku=sku, name=name, unit=unit, stock=stock, labels={"shelf": sku[:1].upper()})
            item.counted_at.FromJsonString("2026-11-29T10:20:30Z")
            if price is None:
                item.on_request = "ask for it"
            else:
                item.fixed = price
            self.items[sku] = item
        self.items["pen-1"].parts.add(sku="cap-1", name="Cap", unit=1)
        self.reservations = 0

    async def _find(self, sku, context):
        if sku not in self.items:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no item `{sku}`")
        return self.items[sku]

    async def GetItem(self, request, context):
        return await self._find(request.sku, context)

    async def ListItems(self, request, context):
        for number, sku in enumerate(sorted(self.items)):
            if not request.HasField("limit") or number < request.limit:
                yield self.items[sku]

    async def Reserve(self, request, context):
        item = await self._find(request.sku, context)
        if request.pieces > item.stock:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"only {item.stock} of `{item.sku}` are left")
        item.stock -= request.pieces
        self.reservations += 1
        return Reservation(id=f"r-{self.reservations}", left=item.stock)

    async def Import(self, requests, context):
        count = 0
        async for item in requests:
            self.items[item.sku] = item
            count += 1
        return ImportReply(items=count)


def all(released):
    """Every service by its name."""
    return {
        "inventory.v1.Inventory": Inventory(),
        "lockgate.test.Echo": Echo(),
        "lockgate.test.Probe": Probe(released),
    }
