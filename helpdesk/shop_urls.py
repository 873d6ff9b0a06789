"""The sample shop's addresses; they exist in the demo alone."""

from django.urls import path

from helpdesk import shop, shop_mail

urlpatterns = [
    path("mail/", shop_mail.mailbox, name="shop_mail"),
    path("shop/", shop.home, name="shop"),
    path("shop/visit/", shop.sign_in, name="shop_sign_in"),
    path("shop/<slug:slug>/", shop.product, name="shop_product"),
]
