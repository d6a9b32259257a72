"""What the commands' parsers have in common."""

from __future__ import annotations

import argparse


def manual(program: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Return a parser whose help is the manual: the lines of its texts stay as they are."""
    return argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def positive(text: str) -> int:
    """Return the number that an option gives, which has to be at least 1; ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number")
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return int(text)
