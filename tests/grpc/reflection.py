"""Server reflection, as versions v1 and v1alpha."""

import grpc
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import _async, reflection_pb2

from protos import POOL

VERSIONS = {
    "v1": "grpc.reflection.v1.ServerReflection",
    "v1alpha": "grpc.reflection.v1alpha.ServerReflection",
}


class _OneFile(_async.ReflectionServicer):
    """Answers with the file that is asked for, and none of those that it imports, as the servers of Go do."""

    def _answer(self, request, find, name):
        try:
            file = find(name)
        except KeyError:
            return super()._file_by_filename(request, "there is none")
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)
        return reflection_pb2.ServerReflectionResponse(
            original_request=request,
            file_descriptor_response={"file_descriptor_proto": [proto.SerializeToString()]},
        )

    def _file_by_filename(self, request, name):
        return self._answer(request, self._pool.FindFileByName, name)

    def _file_containing_symbol(self, request, name):
        return self._answer(request, self._pool.FindFileContainingSymbol, name)


def handlers(versions, services, one_file):
    """A handler for each of these versions. Both have the same messages but for the name of their package, and only that
    of v1alpha is listed, since no file of the pool has the other.
    """
    names = [VERSIONS[version] for version in versions]
    listed = [*services, *(name for name in names if name == VERSIONS["v1alpha"])]
    servicer = (_OneFile if one_file else _async.ReflectionServicer)(listed, pool=POOL)
    method = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": method}) for name in names]
