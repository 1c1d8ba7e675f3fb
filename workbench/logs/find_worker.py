"""Searches pieces of text for an expression, one after the other. Runs as a separate process.

Standard input: a line of JSON with the expression, then pieces, each after its length. Standard output: for
each
piece the length of the answer and the answer: row, begin and end of each match, in characters, as unsigned
integers. Ends with its standard input.
"""

import json
import re
import struct
import sys
from array import array

HEAD = struct.Struct("<I")


def main() -> None:
    """Answers until standard input ends."""
    request = json.loads(sys.stdin.buffer.readline())
    pattern = re.compile(request["pattern"], request["flags"])
    while len(head := sys.stdin.buffer.read(HEAD.size)) == HEAD.size:
        text = sys.stdin.buffer.read(HEAD.unpack(head)[0]).decode("utf-8", "surrogatepass")
        answer = matches_in(pattern, text).tobytes()
        sys.stdout.buffer.write(HEAD.pack(len(answer)) + answer)
        sys.stdout.buffer.flush()


def matches_in(pattern: re.Pattern[str], text: str) -> "array[int]":
    """Row, begin and end of every match that is not empty; line feeds separate the rows."""
    found = array("I")
    for row, line in enumerate(text.split("\n")):
        for match in pattern.finditer(line):
            if match.end() > match.start():
                found.extend((row, match.start(), match.end()))
    return found


if __name__ == "__main__":
    main()
