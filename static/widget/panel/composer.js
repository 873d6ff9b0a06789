/** Writing: one Enter sends, also at the end of a Hangul syllable; files by picker, paste and drop; emoji. */
import { $, config, copy, on, say, state } from "./bus.js";
import { call, typing } from "./line.js";
import { full, put } from "./outbox.js";
import { size } from "./thread.js";

const box = $("text"), form = $("composer"), chips = $("chips"), LIMIT = 20e6;
const REFUSED = /\.(exe|bat|cmd|com|scr|msi|js|vbs|ps1|jar|lnk|hta|apk)$/i;
let files = [];

const ready = () => files.filter((file) => file.token);
const refresh = () => {
  $("send").disabled = !(box.value.trim() || ready().length) || files.some((file) => file.busy);
  chips.hidden = !files.length;
  if (!CSS.supports("field-sizing", "content")) { box.style.height = "auto"; box.style.height = Math.min(box.scrollHeight, 140) + "px" }
};
export const complain = (text) => { $("trouble").textContent = text; $("trouble").hidden = !text };

const submit = () => {
  if ($("send").disabled) return;
  if (full()) return complain(say("full"));
  complain("");
  put(box.value.trim(), ready().map(({ token, name, type, size }) => ({ token, name, type, size })));
  box.value = "";
  files = [];
  chips.replaceChildren();
  refresh();
};
form.onsubmit = (event) => { event.preventDefault(); submit(); box.focus() };

let composing = "", sendAfter = false;
box.addEventListener("compositionupdate", ({ data }) => { composing = data });
box.addEventListener("compositionend", () => { if (sendAfter) setTimeout(submit); sendAfter = false });
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || matchMedia("(pointer:coarse)").matches) return;
  if (event.isComposing || event.keyCode === 229) {
    // Hangul is complete when Enter comes and the Enter means "send"; in Japanese and Chinese it only picks a candidate.
    sendAfter = event.isComposing && /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]$/.test(composing);
    return;
  }
  event.preventDefault();
  submit();
});
box.addEventListener("input", () => { refresh(); typing() });

const drop = (file, chip) => { files = files.filter((other) => other !== file); file.stop.abort(); chip.remove(); refresh() };
const upload = async (file, chip, blob) => {
  const body = new FormData();
  body.append("file", blob, blob.name || "image.png");
  try { Object.assign(file, await call("files/", null, { method: "POST", body, signal: file.stop.signal })) }
  catch (error) {
    if (error.name === "AbortError") return;
    complain(error.body?.error || say("upload", { name: file.name }));
    drop(file, chip);
  }
  file.busy = false;
  chip.classList.remove("busy");
  refresh();
};
const attach = (blob) => {
  if (blob.size > LIMIT) return complain(say("big", { name: blob.name }));
  if (REFUSED.test(blob.name) || !blob.size) return complain(say("type", { name: blob.name }));
  const file = { name: blob.name || "image.png", type: blob.type, size: blob.size, busy: true, stop: new AbortController() };
  const chip = copy("chip");
  chip.querySelector("bdi").textContent = file.name;
  chip.querySelector("small").textContent = size(file.size);
  chip.querySelector("button").onclick = () => drop(file, chip);
  files.push(file);
  chips.append(chip);
  complain("");
  refresh();
  upload(file, chip, blob);
};
$("file").onchange = ({ target }) => { [...target.files].forEach(attach); target.value = "" };
$("clip").onclick = () => $("file").click();
box.addEventListener("paste", ({ clipboardData }) => [...clipboardData.files].forEach(attach));
const carries = (event) => event.dataTransfer?.types.includes("Files") && state.screen === "chat";
const over = (on) => $("chat").classList.toggle("over", on);
addEventListener("dragover", (event) => { if (carries(event)) { event.preventDefault(); over(true) } });
addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || over(false));
addEventListener("drop", (event) => { if (carries(event)) { event.preventDefault(); over(false); [...event.dataTransfer.files].forEach(attach) } });

const picker = $("emoji");
for (const emoji of config.emoji.split(" ")) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: emoji });
  button.onclick = () => { box.setRangeText(emoji, box.selectionStart, box.selectionEnd, "end"); picker.hidePopover(); box.focus(); refresh() };
  picker.append(button);
}
on("prefill", (text) => { box.value = text; refresh() });
on("failed", ({ failed }) => complain(failed === "refused" ? say("refused") : failed));
refresh();
