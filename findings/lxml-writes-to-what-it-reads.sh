#!/usr/bin/env bash
# A forked worker that walks a tree of lxml copies all of it: 86 MB for 100,000 records of two elements, and
# xpath("//n/text()") as much. xpath() with smart_strings=False, count() and tostring() copy hardly anything.
#
# Seen: lxml 6.1.3 on CPython 3.14.7, 2026-12-01. Of xml.etree's tree of the same text 24 MB are copied.
# Why: libxml2's nodes are no Python objects, and have no counts. But each node has a pointer to its Python element, which
# lxml sets when it makes the element, and clears when it drops it. Strings of xpath() know their parent by default.
# Matters to: documents that are parsed before the fork: nothing that makes Python's objects immortal, or gc.freeze(),
# keeps these pages shared.
# What to do: answer by XPath with values (count(), string(), smart_strings=False), not with elements.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages lxml==6.1.3
child

cat >"$work/read.py" <<'EOF'
from lxml import etree
from child import copied, figures

before = figures()["Private_Dirty:"]
tree = etree.fromstring("<r>" + "".join(f"<e id='{number}'><n>name {number}</n><p>{number}</p></e>"
                                        for number in range(100_000)) + "</r>")

def walk():
    for element in tree.iter():
        element.tag

size = figures()["Private_Dirty:"] - before
for name, call in {
    "iter()": walk,
    "xpath() of elements": lambda: tree.xpath("//n"),
    "xpath() of strings": lambda: tree.xpath("//n/text()"),
    "the same, smart_strings=False": lambda: tree.xpath("//n/text()", smart_strings=False),
    "xpath count()": lambda: tree.xpath("count(//n)"),
    "tostring()": lambda: etree.tostring(tree),
}.items():
    share = copied(call) / size
    print(f"{name}: {'most of it' if share > 0.8 else 'hardly anything' if share < 0.1 else share}")
EOF
"$python" "$work/read.py" | expect 'what a child copies of the tree' \
'iter(): most of it
xpath() of elements: most of it
xpath() of strings: most of it
the same, smart_strings=False: hardly anything
xpath count(): hardly anything
tostring(): hardly anything'
stated
