// The desk's one script: the bundle joins what is imported here, in this order.
import "../django_htmx/htmx-2.min.js";
import "../vendor/idiomorph/idiomorph-ext.min.js";
import "./look.js";
import "./dirty.js";
import "./errors.js";
