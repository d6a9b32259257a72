"""What the shop sells, and what people say of it."""

from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=100)
    maker = models.CharField(max_length=100, db_index=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.IntegerField()
    added = models.DateTimeField()
    details = models.JSONField()


class Review(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="reviews")
    stars = models.IntegerField()
    text = models.TextField()
