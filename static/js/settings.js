// What settings pages need beside the desk itself.
import "./when.js";
import "./copy.js";
