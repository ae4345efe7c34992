"""A client of the test's servers. Each line of its input is a call as JSON; it prints what came of it as a line of JSON."""

import json
import sys

import grpc
from google.protobuf import descriptor_pb2, json_format, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status

import lines
import reflection
from protos import service


def _channel(asked):
    if "authority" not in asked:
        return grpc.insecure_channel(asked["address"])
    key, cert = (asked[name].encode() if name in asked else None for name in ("key", "cert"))
    return grpc.secure_channel(asked["address"], grpc.ssl_channel_credentials(asked["authority"].encode(), key, cert))


def call(channel, asked):
    name, method_name = asked["method"].strip("/").split("/")
    method = next(method for method in service(name).methods if method.name == method_name)
    request, reply = (message_factory.GetMessageClass(kind) for kind in (method.input_type, method.output_type))
    requests = [json_format.ParseDict(one, request()) for one in asked["requests"]]
    send = channel.stream_stream(
        f"/{name}/{method_name}", request_serializer=request.SerializeToString, response_deserializer=reply.FromString
    )
    # On the wire every method is a stream.
    came = send(iter(requests), metadata=[tuple(pair) for pair in asked.get("metadata", [])], timeout=asked.get("timeout", 60))
    answers = []
    try:
        for answer in came:
            answers.append(json_format.MessageToDict(answer))
    except grpc.RpcError:
        pass
    try:
        status = rpc_status.from_call(came)
    except ValueError:
        # They are those of another status.
        status = None
    return {
        "answers": answers,
        "code": came.code().name,
        "message": came.details(),
        "headers": lines.metadata(came.initial_metadata()),
        "trailers": lines.metadata(came.trailing_metadata()),
        "details": [json_format.MessageToDict(detail) for detail in status.details] if status else [],
    }


def files(channel, version, asked):
    """What reflection answers to some requests: names of services, and of files."""
    send = channel.stream_stream(
        f"/{reflection.VERSIONS[version]}/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    requests = [json_format.ParseDict(one, reflection_pb2.ServerReflectionRequest()) for one in asked["requests"]]
    came = send(iter(requests), timeout=60)
    answers = []
    try:
        for answer in came:
            listed = [one.name for one in answer.list_services_response.service]
            listed += [_file_name(file) for file in answer.file_descriptor_response.file_descriptor_proto]
            answers.append({"names": listed, "error": answer.error_response.error_code})
    except grpc.RpcError:
        pass
    return {"answers": answers, "code": came.code().name}


def _file_name(serialized):
    return descriptor_pb2.FileDescriptorProto.FromString(serialized).name


for line in sys.stdin:
    asked = json.loads(line)
    with _channel(asked) as channel:
        version = asked.get("reflection")
        lines.write(files(channel, version, asked) if version else call(channel, asked))
