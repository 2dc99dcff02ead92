// One line at the bottom of JupyterLab while Python loads: what is loading, how large, for how long. After the first
// visit it says that the course is kept in this browser, once that is so.

const SHOWN = 10_000; // milliseconds that the last line stays

const line = document.createElement("div");
line.id = "lstm-edu-progress";
const what = document.createElement("span");
what.setAttribute("role", "status"); // a screen reader says it, but not every second
const time = document.createElement("span");
time.setAttribute("aria-hidden", "true");
line.append(what, time);
Object.assign(line.style, {
  position: "fixed",
  insetInline: "0",
  bottom: "0",
  zIndex: "1000",
  padding: "0.4em 1em",
  font: "14px/1.4 system-ui, sans-serif",
  color: "#fff",
  background: "#1f4e79",
  pointerEvents: "none",
});
let begun = 0; // the first Python: when the page was asked for
let clock;
performance.setResourceTimingBufferSize(2000);

const seconds = () => Math.round((performance.now() - begun) / 1000);

function draw() {
  time.textContent = `, ${seconds()} s. The first visit takes the longest; later ones come from the browser's memory.`;
}

function say(text) {
  clearInterval(clock);
  document.body.append(line);
  what.textContent = text;
  draw();
  clock = setInterval(draw, 1000);
}

say("Loading JupyterLab");
new BroadcastChannel("lstm-edu-live").onmessage = ({ data }) => {
  if (data.done) return void done();
  begun ??= performance.now(); // a kernel that was started again
  say(data.text);
};

async function done() {
  clearInterval(clock);
  const loaded = `Python is ready after ${seconds()} s.`;
  begun = null;
  line.remove();
  const missing = await keep().catch(() => 0); // in a private window nothing can be kept
  if (!missing || begun !== null) return;
  document.body.append(line);
  what.textContent = `${loaded} The course is now kept in this browser, and opens without a network, too.`;
  time.textContent = "";
  clock = setTimeout(() => line.remove(), SHOWN);
}

/** Ask for what was loaded before the service worker was there, which keeps what passes through it; how much it was. */
async function keep() {
  await navigator.serviceWorker.ready;
  const { scriptURL } = navigator.serviceWorker.controller;
  const { appVersion } = (await json("../jupyter-lite.json"))["jupyter-config-data"];
  localStorage.setItem(`${scriptURL}-version`, appVersion); // else JupyterLite takes it for an old one at the next visit
  const notebooks = (await json("../api/contents/all.json")).content.map(({ path }) => `../files/${path}`);
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const root = new URL("..", location.href).href;
  let missing = 0;
  for (const address of [location.pathname, ...notebooks, ...loaded]) {
    const url = new URL(address, location.href).href;
    if (!url.startsWith(root) || url.includes("/api/service-worker") || (await caches.match(url))) continue;
    const response = await fetch(url);
    if (response.ok) missing++;
  }
  return missing;
}

async function json(address) {
  return (await fetch(address)).json();
}
