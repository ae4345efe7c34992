"""The messages and services of `proto/`, compiled by protoc when a program starts: nothing generated is kept."""

import pathlib
import tempfile

# Their files are in the pool before others import them.
import google.protobuf.any_pb2
import google.protobuf.duration_pb2
import google.protobuf.empty_pb2
import google.protobuf.field_mask_pb2
import google.protobuf.struct_pb2
import google.protobuf.timestamp_pb2
import google.protobuf.wrappers_pb2
import google.rpc.error_details_pb2
import google.rpc.status_pb2
import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

FOLDER = pathlib.Path(__file__).parent / "proto"
POOL = descriptor_pool.Default()


def _compile():
    files = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.proto"))
    packages = pathlib.Path(grpc_tools.__file__).parent.parent
    includes = [FOLDER, packages, packages / "grpc_tools" / "_proto"]
    with tempfile.NamedTemporaryFile() as out:
        arguments = ["protoc", f"--descriptor_set_out={out.name}", "--include_imports"]
        arguments += [f"--proto_path={include}" for include in includes]
        if protoc.main(arguments + files) != 0:
            raise SystemExit("protoc failed")
        return descriptor_pb2.FileDescriptorSet.FromString(out.read())


# In the order of their imports.
SET = _compile()
for _file in SET.file:
    try:
        POOL.FindFileByName(_file.name)
    except KeyError:
        POOL.AddSerializedFile(_file.SerializeToString())


def message(name):
    """The class of a message."""
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(name))


def service(name):
    """The descriptor of a service."""
    return POOL.FindServiceByName(name)
