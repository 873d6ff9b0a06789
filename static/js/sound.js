// An optional sound for new messages, played by one of an agent's tabs only.
import { register } from "./commands.js"
import { t } from "./strings.js"
import { toast } from "./toasts.js"

const KEY = "desk.sound"
const NOTES = [[660, 0], [880, 0.09]]
const unreadNow = () => document.getElementById("n-rail")?.dataset.n
let isLeader = false
// Unknown until it was counted once; that may have been before this script came.
let before = unreadNow() === undefined ? null : Number(unreadNow())

const isOn = () => localStorage.getItem(KEY) === "on"

const note = (context, [pitch, at]) => {
  const tone = new OscillatorNode(context, { frequency: pitch, type: "sine" })
  const volume = new GainNode(context, { gain: 0 })
  volume.gain.setValueAtTime(0.08, context.currentTime + at)
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + at + 0.25)
  tone.connect(volume).connect(context.destination)
  tone.start(context.currentTime + at)
  tone.stop(context.currentTime + at + 0.3)
}

export const play = () => {
  const context = new AudioContext()
  for (const one of NOTES) note(context, one)
  setTimeout(() => context.close(), 1000)
  document.dispatchEvent(new CustomEvent("desk:sounded"))
}

register("sound", () => {
  localStorage.setItem(KEY, isOn() ? "off" : "on")
  if (isOn()) play()
  toast(t(isOn() ? "soundOn" : "soundOff"))
})

document.addEventListener("desk:counted", () => {
  const unread = Number(unreadNow() ?? 0)
  if (before !== null && unread > before && isLeader && isOn()) play()
  before = unread
})

// The lock is held for as long as the tab lives; the next tab gets it then.
navigator.locks?.request("desk-sound", () => { isLeader = true; return new Promise(() => {}) })
