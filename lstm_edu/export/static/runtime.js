// A kernel's stand-in: gives every widget of the page its model, and its element to draw in. What Jupyter would tell
// Python is told to nobody; all that the widget computes by itself, it computes here.
const { modules, models } = JSON.parse(document.getElementById("widgets").textContent);

/** What anywidget calls a model: the state of one widget, shared by all its views. */
function makeModel(id) {
  const { state, buffers } = models[id];
  for (const { path, data } of buffers) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const owner = path.slice(0, -1).reduce((inside, key) => inside[key], state);
    owner[path.at(-1)] = new DataView(bytes.buffer);
  }
  const heard = new Map(); // event -> what to call
  const fire = (event, ...news) => [...(heard.get(event) ?? [])].forEach((action) => action(...news));
  const model = {
    get: (name) => state[name],
    set(name, value) {
      if (Object.is(state[name], value)) return;
      state[name] = value;
      fire(`change:${name}`, model, value);
      fire("change", model);
    },
    on(event, action) {
      if (!heard.has(event)) heard.set(event, new Set());
      heard.get(event).add(action);
    },
    off(event, action) {
      if (action) heard.get(event)?.delete(action);
      else if (event) heard.delete(event);
      else heard.clear();
    },
    save_changes() {},
    send() {},
    widget_manager: { get_model: async (other) => modelOf(other.replace("IPY_MODEL_", "")).model },
  };
  return model;
}

/** A widget's module, imported once however many widgets it draws: {initialize, render}. */
function load(key) {
  const address = URL.createObjectURL(new Blob([modules[key]], { type: "text/javascript" }));
  return import(address).then(async (module) => {
    const made = module.default ?? module; // older anywidgets export render itself
    return typeof made === "function" ? await made() : made;
  });
}

const loaded = {};
const made = {};
function modelOf(id) {
  if (!made[id]) {
    const widget = (loaded[models[id].module] ??= load(models[id].module));
    const model = makeModel(id);
    made[id] = { model, ready: widget.then(async (w) => (await w.initialize?.({ model }), w)) };
  }
  return made[id];
}

for (const el of document.querySelectorAll(".widget[data-model]")) {
  const { model, ready } = modelOf(el.dataset.model);
  ready
    .then((widget) => {
      el.replaceChildren();
      return widget.render({ model, el });
    })
    .catch((error) => {
      el.setAttribute("role", "alert");
      el.textContent = `This widget could not be shown: ${error?.message ?? error}`;
      throw error;
    });
}
