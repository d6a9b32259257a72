"""Text: parse it, format it, compare it."""

from __future__ import annotations

import ast
import configparser
import csv
import difflib
import html
import html.parser
import io
import json
import pprint
import re
import string
import textwrap
import tokenize
import unicodedata

PROSE = "The quick brown fox jumps over the lazy dög; 12 dogs, 7.5 föxes. " * 12
LINES = [f"line {number}: {'x' * (number % 17)}" for number in range(60)]
CHANGED = [line.upper() if number % 9 == 0 else line for number, line in enumerate(LINES)]
RECORD = {
    "name": "Zoë",
    "numbers": [1, 2.5, 10**20, -3],
    "nested": {"yes": True, "no": None, "text": 'a\n"b" \N{SNOWMAN}'},
    "rows": [{"id": number, "tag": f"t{number}"} for number in range(30)],
}
DUMPED = json.dumps(RECORD, indent=2)
WORD = re.compile(r"(?P<first>\w)(\w*)", re.UNICODE)
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
TEMPLATE = string.Template("$name has ${count} items of $$5")
TABLE = "name,count\n" + "".join(f'"item, {number}",{number * 3}\n' for number in range(40))
INI = "[server]\nhost = example\nport = 80\n[paths]\nroot = /srv\ndata = %(root)s/data\n"
SOURCE = '''
import os
class A(dict):
    """Doc."""
    x: int = 1
    def method(self, a, *b, c=2, **d):
        with open(a) as f:
            return [y for y in f if y and c < 3] or {"k": f"{a!r:>10}"}
'''
PAGE = "<html><body>" + "<p class='a'>x &amp; y<br></p>" * 10 + "</body></html>"


class Links(html.parser.HTMLParser):
    """Counts tags."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1


def work_json() -> object:
    text = json.dumps(RECORD, indent=1, sort_keys=True) + json.dumps(RECORD, ensure_ascii=False)
    return text, json.loads(DUMPED), json.loads(DUMPED, parse_float=str)


def work_re() -> object:
    words = [match.group("first") for match in WORD.finditer(PROSE)]
    swapped = re.sub(r"(\w+) (\w+)", r"\2 \1", PROSE)
    dates = DATE.findall("2020-01-02, 2021-11-30")
    return words, swapped, dates, re.split(r"[;,]\s*", PROSE), WORD.sub(lambda m: m[0][::-1], PROSE)


def work_string() -> object:
    text = TEMPLATE.substitute(name="Zoë", count=3) + string.capwords(PROSE)
    return text, string.Formatter().format("{0:>{width}} {x[a]}", "r", width=9, x={"a": 1})


def work_textwrap() -> object:
    return textwrap.fill(PROSE, 40), textwrap.dedent("  a\n    b\n"), textwrap.shorten(PROSE, 30)


def work_difflib() -> object:
    close = difflib.get_close_matches("lime 12", LINES)
    return (
        list(difflib.unified_diff(LINES, CHANGED)),
        list(difflib.ndiff(LINES[:9], CHANGED)),
        close,
    )


def work_pprint() -> object:
    return pprint.pformat(RECORD, width=60), pprint.pformat(LINES[:5])


def work_csv() -> object:
    rows = list(csv.DictReader(io.StringIO(TABLE)))
    out = io.StringIO()
    writer = csv.DictWriter(out, ["name", "count"], quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows(rows)
    return rows, out.getvalue()


def change_csv() -> object:
    return csv.Sniffer().sniff(TABLE).delimiter  # which creates a class


def work_html() -> object:
    parser = Links()
    parser.feed(PAGE)
    return parser.seen, html.escape(PROSE + "<&>"), html.unescape("&lt;&eacute;&#9731;")


def work_configparser() -> object:
    parser = configparser.ConfigParser()
    parser.read_string(INI)
    out = io.StringIO()
    parser.write(out)
    return parser.getint("server", "port"), parser["paths"]["data"], out.getvalue()


def work_tokenize() -> object:
    return [token.string for token in tokenize.generate_tokens(io.StringIO(SOURCE).readline)]


def work_ast() -> object:
    tree = ast.parse(SOURCE)
    names = sorted(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    code = compile(tree, "walk", "exec")
    return (
        names,
        ast.unparse(tree),
        ast.dump(tree),
        ast.literal_eval("{'a': [1, (2,)]}"),
        len(code.co_consts),
    )


def work_unicodedata() -> object:
    return unicodedata.normalize("NFD", PROSE), unicodedata.name("ö"), PROSE.casefold().encode()
