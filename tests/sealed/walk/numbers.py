"""Numbers, dates, and bytes."""

from __future__ import annotations

import base64
import binascii
import calendar
import datetime
import decimal
import fractions
import gzip
import hashlib
import hmac
import math
import random
import secrets
import statistics
import struct
import uuid
import zlib

PRICES = [decimal.Decimal(number) / 7 for number in range(1, 40)]
THIRDS = [fractions.Fraction(number, 3) for number in range(1, 40)]
FLOATS = [number * 1.1 for number in range(60)]
START = datetime.datetime(2024, 2, 28, 23, 59, tzinfo=datetime.timezone.utc)
STEPS = [datetime.timedelta(days=number, seconds=number * 7) for number in range(30)]
RAW = bytes(range(256)) * 20
HEADER = struct.Struct("<IhQd8s")
NAMESPACE = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def work_decimal() -> object:
    with decimal.localcontext() as context:
        context.prec = 40
        root = [price.sqrt() for price in PRICES]
    total = sum(PRICES, decimal.Decimal(0))
    return str(total), [str(r) for r in root], total.quantize(decimal.Decimal("0.01")), hash(total)


def work_fractions() -> object:
    product = math.prod(THIRDS[:12])
    return product, sum(THIRDS), fractions.Fraction("3.25"), product.limit_denominator(10)


def work_statistics() -> object:
    normal = statistics.NormalDist.from_samples(FLOATS)
    return (
        statistics.fmean(FLOATS),
        statistics.stdev(FLOATS),
        statistics.median(FLOATS),
        normal.mean,
    )


def work_datetime() -> object:
    moments = [START + step for step in STEPS]
    texts = [moment.isoformat() for moment in moments]
    zone = datetime.timezone(datetime.timedelta(hours=2), "here")
    parsed = [datetime.datetime.fromisoformat(text).astimezone(zone) for text in texts]
    shown = [moment.strftime("%a %d %b %Y %H:%M %Z") for moment in parsed]
    read = datetime.datetime.strptime("2020-05-17 11:12", "%Y-%m-%d %H:%M")
    return texts, shown, read, moments[3] - moments[1], [hash(moment) & 0 for moment in parsed]


def work_calendar() -> object:
    return calendar.month(2024, 2), calendar.monthrange(2023, 2), calendar.isleap(2000)


def work_random() -> object:
    generator = random.Random(17)
    deck = list(range(52))
    generator.shuffle(deck)
    return deck, generator.gauss(0, 1), generator.choices("abc", k=5), generator.sample(deck, 5)


def work_secrets() -> object:
    return (
        len(secrets.token_hex(8)),
        len(secrets.token_urlsafe(8)),
        secrets.compare_digest("a", "a"),
    )


def change_uuid() -> object:
    return (
        uuid.uuid5(NAMESPACE, "example"),
        len(str(uuid.uuid4())),
        NAMESPACE.urn,
        hash(NAMESPACE) & 0,
    )


def change_hashlib() -> object:
    names = ("md5", "sha1", "sha256", "blake2b", "sha3_256")
    digests = [hashlib.new(name, RAW).hexdigest() for name in names]
    return (
        digests,
        hmac.new(b"key", RAW, "sha256").hexdigest(),
        hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10),
    )


def work_struct() -> object:
    packed = HEADER.pack(1, -2, 3, 4.5, b"name")
    return (
        packed,
        HEADER.unpack(packed),
        struct.unpack("!4H", RAW[:8]),
        list(struct.iter_unpack("<I", RAW[:40])),
    )


def work_base64() -> object:
    text = base64.b64encode(RAW)
    return (
        base64.b64decode(text) == RAW,
        base64.b32encode(RAW[:9]),
        base64.b85encode(RAW[:9]),
        (binascii.crc32(RAW)),
    )


def work_zlib() -> object:
    small = zlib.compress(RAW, 6)
    return zlib.decompress(small) == RAW, gzip.decompress(gzip.compress(RAW)) == RAW
