// What a visit loads is kept in this browser, for later visits, with a network or without one. building.py puts this
// before JupyterLite's own service worker (0.6.4), which keeps nothing any more once the browser has stopped and
// started it again, and never the list of notebooks.

(() => {
  const { kept, pyodide } = self.lstmEdu; // the name of this build's memory; where Pyodide is
  const HERE = new URL(".", self.location.href).href;
  const FIXED = [new URL(pyodide, `${HERE}live/`).href, `${HERE}live/wheels/`]; // an address there always means the same
  const HASHED = /\.[0-9a-f]{7,20}\.js(\?|$)|\?_=[0-9a-f]+$/; // so does JupyterLite's address of a script
  const NOT_OURS = /\/api\/(drive|stdin\/|service-worker-heartbeat)/; // what JupyterLite's own part answers

  const isFixed = (url) => FIXED.some((start) => url.startsWith(start)) || HASHED.test(url);

  async function answer(event, url) {
    const memory = await caches.open(kept);
    const known = await memory.match(url, { ignoreVary: true });
    if (known && isFixed(url)) return known;
    let response;
    try {
      response = await fetch(event.request);
    } catch (error) {
      if (known) return known; // there is no network
      throw error;
    }
    if (known && response.status >= 500) return known;
    if ((response.ok && !response.redirected) || response.type === "opaque") {
      event.waitUntil(memory.put(url, response.clone()).catch(() => {})); // the browser may have no room for it
    }
    return response;
  }

  self.addEventListener("fetch", (event) => {
    const { method, mode, url } = event.request;
    if (method !== "GET" || NOT_OURS.test(url) || ![HERE, ...FIXED].some((start) => url.startsWith(start))) return;
    event.stopImmediatePropagation(); // JupyterLite's part would answer, too
    event.respondWith(answer(event, mode === "navigate" ? url.replace(/[?#].*/, "") : url));
  });

  async function forgetOtherBuilds() {
    const names = await caches.keys();
    const others = names.filter((name) => name.startsWith("lstm-edu ") && name !== kept);
    await Promise.all(others.map((name) => caches.delete(name)));
  }

  self.addEventListener("activate", (event) => event.waitUntil(forgetOtherBuilds()));
})();
