// The terminal of textual-serve begins when the page has been loaded: by then it has to know where its process is.
"use strict";
const socket = new URL("ws", location.href);
socket.protocol = location.protocol === "https:" ? "wss:" : "ws:";
socket.search = "";
document.getElementById("terminal").dataset.sessionWebsocketUrl = socket.href;
document.getElementById("again").addEventListener("click", () => location.reload());
window.addEventListener("load", () => document.querySelector(".xterm-helper-textarea")?.focus()); // keys count at once
