#!/usr/bin/env bash
# Django's queries set an attribute of the class Field: exists() does so once, F("x") + 1 twice, since each
# field that an expression makes counts itself in Field.creation_counter.
#
# Seen: Django 5.2.9 on CPython 3.11, 2026-12-01.
# Why: a model's fields are ordered by that number, and the fields of expressions are made by the same
# constructor.
# Matters to: forked workers. An attribute of a class that changes takes the versions of the class and of
# all its subclasses, by which the interpreter caches attributes: each worker writes to all these classes,
# copies their pages, and specializes the code that uses fields again, request after request.
# What to do: nothing short of a change of Django helps; count these pages as the worker's own.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11
packages Django==5.2.9

"$python" - <<'EOF' | expect 'fields that queries make' \
'get() 0.0
list(all()) 0.0
count() 0.0
exists() 1.0
order_by() 0.0
annotate(F + 1) 2.0
aggregate(Count) 0.0
update(F + 1) 2.0'
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
from django.db import connection, models
from django.db.models import Count, F
from django.db.models.fields import Field

class Product(models.Model):
    name = models.CharField(max_length=10)
    price = models.IntegerField()
    class Meta:
        app_label = "shop"

with connection.schema_editor() as editor:
    editor.create_model(Product)
Product.objects.create(name="a", price=1)

def made(query):
    query()
    before = Field.creation_counter
    for _ in range(100):
        query()
    return (Field.creation_counter - before) / 100

objects = Product.objects
for name, query in {
    "get()": lambda: objects.get(pk=1),
    "list(all())": lambda: list(objects.all()),
    "count()": lambda: objects.count(),
    "exists()": lambda: objects.filter(price=1).exists(),
    "order_by()": lambda: list(objects.order_by("-price")),
    "annotate(F + 1)": lambda: list(objects.annotate(more=F("price") + 1)),
    "aggregate(Count)": lambda: objects.aggregate(n=Count("pk")),
    "update(F + 1)": lambda: objects.update(price=F("price") + 1),
}.items():
    print(f"{name} {made(query)}")
EOF
stated
