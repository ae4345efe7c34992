"""What a program tells the test that started it: a JSON value in each line."""

import base64
import json
import sys


def write(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def metadata(pairs):
    """Pairs of name and value, where the value of a name with `-bin` is in base64."""

    def text(value):
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value

    return [[name, text(value)] for name, value in pairs or ()]
