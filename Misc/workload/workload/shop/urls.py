from django.urls import path

from . import views

urlpatterns = [
    path("list/<int:page>/", views.index, name="index"),
    path("product/<int:key>/", views.product, name="product"),
    path("search/<str:maker>/", views.search, name="search"),
    path("basket/<int:key>/", views.basket, name="basket"),
]
