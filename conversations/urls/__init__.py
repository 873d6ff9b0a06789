"""Addresses of the product: the agents' screens, the providers' hooks, the visitors' panel."""

from conversations.urls import calls, customers, desk, hooks, screens, thread, webchat

app_name = "conversations"
urlpatterns = [
    *desk.urlpatterns,
    *screens.urlpatterns,
    *thread.urlpatterns,
    *customers.urlpatterns,
    *calls.urlpatterns,
    *hooks.urlpatterns,
    *webchat.urlpatterns,
]
