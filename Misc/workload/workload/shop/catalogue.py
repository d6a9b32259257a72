"""The records that a process keeps in memory, by primary key: loaded before the first fork."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.core.management import call_command

from .models import Product, Review

PRODUCTS: dict[int, Product] = {}
REVIEWED = 1000  # products


def fill(count: int) -> None:
    """Make the tables, and *count* products in them."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    products = (
        Product(
            name=f"Grüne Schraube {number}",
            maker=f"maker {number % 500}",
            price=Decimal(number % 10_000) / 100,
            stock=number * 7 % 1000,
            added=start + datetime.timedelta(minutes=number),
            details={"weight": number / 8, "colours": ["red", f"shade {number}"], "new": False},
        )
        for number in range(count)
    )
    Product.objects.bulk_create(products, batch_size=500)
    reviewed = Product.objects.order_by("pk")[:REVIEWED]
    reviews = (
        Review(product=product, stars=stars, text=f"“{product.name}” is worth {stars} stars")
        for product in reviewed
        for stars in range(1, 4)
    )
    Review.objects.bulk_create(reviews, batch_size=500)


def load(count: int) -> None:
    """Read *count* products into memory."""
    products = Product.objects.order_by("pk")[:count]
    PRODUCTS.update((product.pk, product) for product in products.iterator())
