// Sign-in and account pages; allauth's own passkey scripts are separate files.
import "./password.js";
import "./errors.js";
import "./passkey.js";
