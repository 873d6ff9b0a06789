// Last of all: only now do the elements come to life, when everything that listens to them is there.
import { DeskStart } from "./starting.js"
import { DeskComposer } from "../composer/composer.js"
import { DeskThread } from "./thread.js"

customElements.define("desk-thread", DeskThread)
customElements.define("desk-composer", DeskComposer)
customElements.define("desk-start", DeskStart)
