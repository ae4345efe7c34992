"""A gRPC server of a test. The first line of its input says what it is like; a line `release` lets what waits go on; a
number is printed again, behind everything that happened before; it ends with its input. It prints its port, and then what
happens, as JSON in lines.
"""

import asyncio
import json
import sys
import urllib.error
import urllib.request

import grpc
from google.protobuf import message_factory

import lines
import reflection
import services
from protos import service


class Recorder(grpc.aio.ServerInterceptor):
    """Prints every call with its metadata, and refuses those without the metadata that is required, or with a token that
    the address of `token_check` does not take."""

    def __init__(self, required, token_check):
        self.required = required
        self.token_check = token_check

    async def intercept_service(self, continuation, details):
        came = lines.metadata(details.invocation_metadata)
        lines.write({"event": "call", "method": details.method, "metadata": came})
        handler = await continuation(details)
        if handler is None:
            return handler
        known = all([name, value] in came for name, value in self.required)
        if known and self.token_check:
            tokens = [value for name, value in came if name == "authorization"]
            known = len(tokens) == 1 and await asyncio.to_thread(_takes, self.token_check, tokens[0])
        return handler if known else _refusing(handler)


def _takes(address, token):
    # Past any proxy of the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, headers={"authorization": token})) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def _refusing(handler):
    async def refuse(_request, context):
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "a key is required")

    async def refuse_stream(_request, context):
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "a key is required")
        yield

    kinds = {
        (False, False): (grpc.unary_unary_rpc_method_handler, refuse),
        (False, True): (grpc.unary_stream_rpc_method_handler, refuse_stream),
        (True, False): (grpc.stream_unary_rpc_method_handler, refuse),
        (True, True): (grpc.stream_stream_rpc_method_handler, refuse_stream),
    }
    make, behaviour = kinds[(handler.request_streaming, handler.response_streaming)]
    return make(behaviour, handler.request_deserializer, handler.response_serializer)


def _handlers(name, implementation):
    methods = {}
    for method in service(name).methods:
        make = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }[(method.client_streaming, method.server_streaming)]
        request, reply = (message_factory.GetMessageClass(kind) for kind in (method.input_type, method.output_type))
        behaviour = getattr(implementation, method.name)
        methods[method.name] = make(behaviour, request.FromString, reply.SerializeToString)
    return grpc.method_handlers_generic_handler(name, methods)


def _credentials(tls):
    pair = [(tls["key"].encode(), tls["cert"].encode())]
    clients = tls.get("clients")
    if clients is None:
        return grpc.ssl_server_credentials(pair)
    return grpc.ssl_server_credentials(pair, clients.encode(), require_client_auth=True)


async def serve(given, inputs):
    released = asyncio.Event()
    # An address is one server's alone.
    settings = {"grpc.so_reuseport": 0, "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1}
    settings.update(given["settings"])
    server = grpc.aio.server(interceptors=[Recorder(given["required"], given["token_check"])], options=list(settings.items()))
    implementations = services.all(released)
    handlers = [_handlers(name, implementation) for name, implementation in implementations.items()]
    handlers += reflection.handlers(given["reflection"], implementations, given["one_file"])
    server.add_generic_rpc_handlers(handlers)
    tls = given["tls"]
    address = f"127.0.0.1:{given['port']}"
    port = server.add_secure_port(address, _credentials(tls)) if tls else server.add_insecure_port(address)
    await server.start()
    lines.write({"event": "listening", "port": port})
    while line := (await inputs.readline()).strip():
        if line == b"release":
            released.set()
            released = implementations["lockgate.test.Probe"].released = asyncio.Event()
        else:
            lines.write({"event": "mark", "number": int(line)})
    await server.stop(None)


async def main():
    inputs = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(inputs), sys.stdin)
    await serve(json.loads(await inputs.readline()), inputs)


asyncio.run(main())
