"""The page of HTML is well-formed, and needs nothing else. A browser looks at it elsewhere."""

import html.parser
import subprocess
import sys
import unittest

from running import READ, WAIT, temporary_folder


class Balance(html.parser.HTMLParser):
    """Finds elements left open, and what a page needs of others."""

    void = ("meta", "input", "path")

    def __init__(self):
        super().__init__()
        self.open = []
        self.outside = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open.append(tag)
        self.outside += [value for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in self.void:
            if self.open[-1:] != [tag]:
                raise AssertionError(f"{tag} closes {self.open}")
            self.open.pop()


class PageTests(unittest.TestCase):
    def test_html(self):
        with temporary_folder():
            with open("script.py", "w") as file:
                file.write("names = ['<&>']\n" + READ + "    os._exit(0)\n" + WAIT)
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "cowtrace",
                    "--quiet",
                    "--html",
                    "report.html",
                    "script.py",
                    "<&>",
                ],
                check=True,
            )
            with open("report.html") as file:
                page = file.read()
        parser = Balance()
        parser.feed(page)
        parser.close()
        self.assertEqual(parser.open, [])
        self.assertEqual(parser.outside, [])
        self.assertIn("script.py &lt;&amp;&gt;", page)
        self.assertIn("str: reference count", page)


if __name__ == "__main__":
    unittest.main()
