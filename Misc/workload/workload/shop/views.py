"""Pages: a list from memory, a product with reviews, a search in the database, a basket."""

from __future__ import annotations

from django.db.models import Avg, Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from .catalogue import PRODUCTS
from .models import Product, Review

PER_PAGE = 20


def index(request: HttpRequest, page: int) -> HttpResponse:
    first = page * PER_PAGE
    keys = range(first + 1, first + PER_PAGE + 1)
    products = [PRODUCTS[key] for key in keys if key in PRODUCTS]
    return render(request, "shop/index.html", {"products": products, "page": page})


def product(request: HttpRequest, key: int) -> HttpResponse:
    try:
        found = PRODUCTS[key]
    except KeyError:
        raise Http404("no such product") from None
    reviews = Review.objects.filter(product_id=key).order_by("-stars")
    return render(request, "shop/product.html", {"product": found, "reviews": reviews})


def search(request: HttpRequest, maker: str) -> JsonResponse:
    found = Product.objects.filter(Q(maker=maker) & (Q(stock__gt=10) | Q(price__lt="50")))
    numbers = found.aggregate(count=Count("pk"), price=Avg("price"))
    rows = [
        {"name": row.name, "price": row.price, "added": row.added, **row.details}
        for row in found.order_by("-price", "name")[:10]
    ]
    return JsonResponse({"found": rows, **numbers})


def basket(request: HttpRequest, key: int) -> HttpResponse:
    contents = request.session.setdefault("basket", {})
    contents[str(key)] = contents.get(str(key), 0) + 1
    request.session.modified = True
    if len(contents) > 5:
        request.session.flush()
    return redirect("product", key)
