"""Addresses of one conversation: its pane, its messages and files, its composer."""

from django.urls import URLPattern, path

from conversations.views import attachments, customers, drafts, messages, plans, replies, starting, suggestions, thread

urlpatterns: list[URLPattern] = [
    path("conversations/new/", starting.start, name="new"),
    path("conversations/<int:pk>/pane/", thread.pane, name="pane"),
    path("conversations/<int:pk>/tail/", thread.tail, name="tail"),
    path("conversations/<int:pk>/earlier/", thread.earlier, name="earlier"),
    path("conversations/<int:pk>/episode/", thread.episode, name="episode"),
    path("conversations/<int:pk>/side/", thread.panel, name="side"),
    path("conversations/<int:pk>/read/", thread.read, name="read"),
    path("conversations/<int:pk>/merge/", thread.merge, name="merge"),
    path("conversations/<int:pk>/suggestions/<int:event>/dismissal/", thread.dismiss, name="dismiss_suggestion"),
    path("conversations/<int:pk>/replies/", replies.create, name="replies"),
    path("conversations/<int:pk>/notes/", replies.note, name="notes"),
    path("conversations/<int:pk>/draft/", drafts.save, name="draft"),
    path("conversations/<int:pk>/preview/", drafts.preview, name="preview"),
    path("conversations/<int:pk>/saved-replies/", suggestions.saved_replies, name="saved_replies"),
    path("conversations/<int:pk>/plans/", plans.offer, name="plans"),
    path("messages/<int:pk>/plan/", plans.stop, name="plan"),
    path("conversations/<int:pk>/claims/<int:claim>/acceptance/", customers.accept_claim, name="accept_claim"),
    path("conversations/<int:pk>/claims/<int:claim>/dismissal/", customers.dismiss_claim, name="dismiss_claim"),
    path("conversations/<int:pk>/identities/<int:identity>/", customers.reveal, name="reveal"),
    path("messages/<int:pk>/menu/", messages.menu, name="message_menu"),
    path("messages/<int:pk>/conversation/", messages.move, name="message_move"),
    path("messages/<int:pk>/body/", messages.body, name="message_body"),
    path("messages/<int:pk>/original/", messages.original, name="message_original"),
    path("messages/<int:pk>/sending/", replies.cancel, name="sending"),
    path("deliveries/<int:pk>/retry/", replies.retry, name="delivery_retry"),
    path("deliveries/<int:pk>/settlement/", replies.settle, name="delivery_settle"),
    path("attachments/", attachments.upload, name="upload"),
    path("attachments/<uuid:key>/", attachments.show, name="attachment"),
    path("colleagues/", suggestions.colleagues, name="colleagues"),
]
