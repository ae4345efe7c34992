"""What expat says of XML: reads a JSON array of documents, changes each in many ways, the same in every run, and writes a line
`[document, well-formed]` for each. A document type counts as not well-formed: `lockgate/xml` reads none."""

import json
import random
import re
import sys
from xml.parsers import expat

PIECES = list("<>&;/=\"'!?-[]:#x a1\n\té") + [
    "<!--", "-->", "<![CDATA[", "]]>", "<?p ", "?>", "&lt;", "&#65;", "&#x41;", "&#0;", "&#xzz;", "&a;", ' a="1"', " x:a='1'",
    ' xmlns="urn:d"', ' xmlns:x="urn:x"', ' xmlns:x=""', "<b>", "</b>", "<b/>", "\r\n", "\u0001", "\ufffe",
]


class Doctype(Exception):
    pass


def refuse(*_):
    raise Doctype


def well_formed(document):
    # U+0001 is in no document: no name or URI is taken for two.
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator="\u0001")
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(document.encode(), True)
    except (expat.ExpatError, Doctype):
        return False
    return True


def changed(document, chance):
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(document) + 1)
        to = min(len(document), at + chance.randint(0, 4))
        what = chance.choice(["insert", "remove", "repeat", "replace"])
        if what == "insert":
            document = document[:at] + chance.choice(PIECES) + document[at:]
        elif what == "remove":
            document = document[:at] + document[to:]
        elif what == "repeat":
            document = document[:to] + document[at:to] + document[to:]
        else:
            document = document[:at] + chance.choice(PIECES) + document[to:]
    return document


def main():
    chance = random.Random(1)
    for document in json.load(sys.stdin):
        for text in [document] + [changed(document, chance) for _ in range(400)]:
            # Expat lets the names of processing instructions have a prefix, and reads declarations of other versions.
            if re.search(r"<\?[^\s?]*:|<\?xml\s", text) is None:
                print(json.dumps([text, well_formed(text)]))


main()
