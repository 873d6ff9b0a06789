// Sign-in screens: passkeys by allauth's own scripts, then our small helpers.
import "../mfa/js/webauthn-json.js";
import "../mfa/js/webauthn.js";
import "../mfa/js/recovery_codes.js";
import "../account/js/account.js";
import "../account/js/onload.js";
import "./password.js";
import "./errors.js";
import "./passkey.js";
import "./theme.js";
