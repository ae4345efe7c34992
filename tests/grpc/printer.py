"""Prints messages as `google.protobuf.json_format` does. Each line of its input names a type and has a message as JSON or
as bytes in base64; each line of its output has both, or an error.
"""

import base64
import json
import sys

from google.protobuf import json_format

import lines
from protos import message


def convert(asked):
    kind = message(asked["type"])
    if "json" in asked:
        value = json_format.Parse(asked["json"], kind())
    else:
        value = kind.FromString(base64.b64decode(asked["bytes"]))
    return {
        "json": json_format.MessageToJson(value, indent=None),
        "bytes": base64.b64encode(value.SerializeToString(deterministic=True)).decode(),
    }


for line in sys.stdin:
    try:
        lines.write(convert(json.loads(line)))
    except Exception as error:
        lines.write({"error": f"{type(error).__name__}: {error}"})
