"""Formats of the internet."""

from __future__ import annotations

import email.message
import email.parser
import email.policy
import http.cookies
import ipaddress
import mimetypes
import urllib.parse
import xml.dom.minidom
import xml.etree.ElementTree as ElementTree
import xml.sax.saxutils

XML = (
    "<shop>"
    + "".join(f"<item id='{n}'><name>Größe {n}</name></item>" for n in range(30))
    + "</shop>"
)
TREE = ElementTree.fromstring(XML)
MAIL = """From: Zoe <zoe@example.org>
To: =?utf-8?q?J=C3=BCrgen?= <j@example.org>
Subject: Hello
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=utf-8

Text
--x
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAEC
--x--
"""
URLS = [f"https://user@host{n}.example:80{n}/a/b%20c;p?q={n}&r=%C3%A4#top" for n in range(20)]
NETWORK = ipaddress.ip_network("10.1.0.0/24")


def work_etree() -> object:
    names = [item.findtext("name") for item in TREE.iter("item")]
    root = ElementTree.Element("root", {"a": "1"})
    for name in names:
        ElementTree.SubElement(root, "n").text = name
    found = TREE.find("item[@id='7']/name")
    parsed = ElementTree.fromstring(XML)
    return ElementTree.tostring(root), found is not None, len(parsed), ElementTree.tostring(TREE)


def work_minidom() -> object:
    document = xml.dom.minidom.parseString(XML)
    return document.documentElement.tagName, xml.sax.saxutils.escape("<&>"), len(document.toxml())


def work_email() -> object:
    parsed = email.parser.Parser(policy=email.policy.default).parsestr(MAIL)
    parts = [part.get_content_type() for part in parsed.walk()]
    message = email.message.EmailMessage()
    message["Subject"] = "Grüße"
    message["To"] = "Zoë <zoe@example.org>"
    message.set_content("Text mit Umlauten: äöü\n")
    message.add_attachment(b"123", maintype="application", subtype="octet-stream", filename="a.bin")
    message.set_boundary("here")
    return parts, str(parsed["To"]), message.as_bytes()


def work_urllib_parse() -> object:
    split = [urllib.parse.urlsplit(url) for url in URLS]
    query = urllib.parse.parse_qs(split[0].query)
    return (
        [part.port for part in split],
        query,
        urllib.parse.urljoin(URLS[0], "../x"),
        (urllib.parse.urlencode({"a": "ä b", "c": [1, 2]}, doseq=True)),
    )


def work_ipaddress() -> object:
    hosts = [str(host) for host in NETWORK.hosts()][:5]
    address = ipaddress.ip_address("2001:db8::1")
    return (
        hosts,
        address.exploded,
        ipaddress.ip_address("10.1.0.7") in NETWORK,
        [str(net) for net in NETWORK.subnets(2)],
    )


def work_cookies() -> object:
    cookie = http.cookies.SimpleCookie("a=1; b=two")
    cookie["c"] = "3"
    cookie["c"]["path"] = "/"
    return cookie.output(), mimetypes.guess_type("a.html")
