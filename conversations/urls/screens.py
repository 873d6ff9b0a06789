"""Addresses of the inbox, of what agents decide about conversations, and of search."""

from django.urls import URLPattern, path

from conversations.views import bulk, counts, inbox, notices, palette, picks, rows, search, state, undo

urlpatterns: list[URLPattern] = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.home),
    path("inbox/counts/", counts.show, name="counts"),
    path("inbox/bulk/", bulk.decide, name="bulk"),
    path("inbox/notices/", notices.show, name="notices"),
    path("inbox/pick/<slug:what>/", picks.show, name="pick"),
    path("command/", palette.show, name="palette"),
    path("search/", search.show, name="search"),
    path("undo/", undo.create, name="undo"),
    path("inbox/<slug:view>/", inbox.show, name="inbox"),
    path("inbox/<slug:view>/rows/", rows.rows, name="rows"),
    path("conversations/<int:pk>/", inbox.conversation, name="conversation"),
    path("conversations/<int:pk>/resolution/", state.resolution, name="resolution"),
    path("conversations/<int:pk>/pending/", state.pending, name="pending"),
    path("conversations/<int:pk>/assignment/", state.assignment, name="assignment"),
    path("conversations/<int:pk>/team/", state.team, name="team"),
    path("conversations/<int:pk>/priority/", state.priority, name="priority"),
    path("conversations/<int:pk>/snooze/", state.snooze, name="snooze"),
    path("conversations/<int:pk>/tags/", state.tags, name="tags"),
    path("conversations/<int:pk>/tags/<int:tag>/", state.tag, name="tag"),
    path("conversations/<int:pk>/unread/", state.unread, name="unread"),
    path("conversations/<int:pk>/subject/", state.subject, name="subject"),
    path("conversations/<int:pk>/following/", state.following, name="following"),
]
