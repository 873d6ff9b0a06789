/** Starts the panel once every part listens. */
import { greetHost } from "./bridge.js";
import "./screens.js";

greetHost();
