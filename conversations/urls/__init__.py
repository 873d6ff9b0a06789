"""Addresses of the product: the agents' screens, the providers' hooks, the visitors' panel."""

from conversations.urls import customers, hooks, screens, thread, webchat

app_name = "conversations"
urlpatterns = [
    *screens.urlpatterns,
    *thread.urlpatterns,
    *customers.urlpatterns,
    *hooks.urlpatterns,
    *webchat.urlpatterns,
]
