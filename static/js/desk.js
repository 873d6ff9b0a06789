// The first part of the desk: what is seen and heard at once. The bundle joins what is imported here, in this order.
import "../django_htmx/htmx-2.min.js";
import "./whole.js";
import "./errors.js";
import "./live.js";
import "./watched.js";
import "./netbar.js";
import "./session.js";
import "./counts.js";
import "./title.js";
import "./list.js";
import "./open.js";
import "./panes.js";
import "./walk.js";
import "./keys.js";
