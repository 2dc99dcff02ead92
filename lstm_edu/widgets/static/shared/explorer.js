// The shell: what an explorer's root does, whatever is inside.

import { readArrays } from "./arrays.js";
import { luminance } from "./colours.js";
import { h, say } from "./page.js";

/** Wrap `build` into anywidget's render. `build(context)` fills context.root and returns
 *  {layout(width), paint(), key(event) -> handled?, close()}: layout draws what depends on size and theme, paint what
 *  depends on the model.
 *  @param {import("../types.d.ts").Build} build */
export function explorer(build) {
  return {
    /** @param {{ model: import("../types.d.ts").Model, el: HTMLElement }} widget */
    render({ model, el }) {
      const stop = new AbortController();
      const root = h("div", { class: "lstm-edu-explorer", tabindex: 0, role: "group" });
      el.append(root);
      const watched = [];
      let inside = null;
      let width = 0;
      let unseen = false; // whether a layout waits until the explorer is shown again
      let asked = 0;
      /** Run and show what goes wrong in the widget itself: a reader does not look into the console. */
      const guard =
        (action) =>
        (...args) => {
          try {
            return action(...args);
          } catch (error) {
            showError(root, error);
            throw error;
          }
        };
      const paint = guard(() => {
        asked = 0;
        if (!inside || !width) return;
        inside.paint();
        // Two frames later the browser knows its height, and keeps it while the explorer is scrolled away.
        if (!root.dataset.ready)
          requestAnimationFrame(() => requestAnimationFrame(() => root.classList.add("le-settled")));
        root.dataset.ready = "true";
      });
      const layout = guard(() => {
        if (!inside || !width) return;
        unseen = !root.clientWidth; // hidden, as by JupyterLab while it changes its theme: there are no sizes to read
        if (unseen) return;
        context.theme = themeOf(root);
        context.neutrals = neutralsOf(root);
        inside.layout(width); // reads sizes, then writes: a write before it would have the page laid out once more
        root.dataset.theme = context.theme;
        paint();
      });
      /** @type {import("../types.d.ts").Context} */
      const context = {
        model,
        root,
        theme: "light",
        neutrals: { ink: "", muted: "", paper: "" },
        guard,
        spec: model.get("_spec"),
        palette: model.get("_spec").palette,
        listen: (target, type, action, options = {}) =>
          target.addEventListener(type, guard(action), { ...options, signal: stop.signal }),
        /** Repaint in the next frame, once, however many changes ask for it. */
        repaint() {
          if (!asked) asked = requestAnimationFrame(paint);
        },
        relayout: layout,
        /** A change made in the page: shown in the next frame, and told to Python. */
        set(values) {
          const news = Object.entries(values).filter(([name, value]) => model.get(name) !== value);
          for (const [name, value] of news) python.set(name, value);
        },
        /** Call `action` when one of these traits changes, in the page or from Python. */
        onChange(names, action) {
          const safe = guard(action);
          for (const name of names) {
            model.on(`change:${name}`, safe);
            watched.push([`change:${name}`, safe]);
          }
        },
      };

      const python = toldToPython(model, context.onChange);

      guard(() => {
        inside = build(context);
        // Jupyter Notebook 7 takes keys on their way down to the widget, save where it sees this attribute: on what has
        // the focus, a tab or a slider in the explorer too, for its rules are for any element that has it.
        const ours = (event) => {
          const shortcut = event.ctrlKey || event.metaKey || event.altKey; // saving a notebook stays possible
          if (root.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", !shortcut);
        };
        context.listen(window, "keydown", ours, { capture: true });
        context.listen(root, "keydown", (event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's and Jupyter's own
          event.stopPropagation(); // else JupyterLab takes the key
          if (inside.key(event)) event.preventDefault();
        });
      })();
      const size = new ResizeObserver(() => {
        const now = root.clientWidth;
        if (now && (now !== width || unseen)) {
          width = now;
          layout();
        }
      });
      size.observe(root);
      // What is scrolled away has no transitions: a theme that changed meanwhile is seen when it comes back.
      const shown = new IntersectionObserver(() => {
        if (root.clientWidth && root.dataset.ready && root.dataset.theme !== themeOf(root)) layout();
      });
      shown.observe(root);
      // The root's colour has a transition of a moment: whatever changes the theme, it ends with one of these events
      // (JupyterLab hides the page while it changes its own, which cancels it).
      for (const type of ["transitionend", "transitioncancel"]) {
        context.listen(root, type, (event) => {
          if (event.target === root && event.propertyName === "color") requestAnimationFrame(layout);
        });
      }

      return () => {
        stop.abort();
        size.disconnect();
        shown.disconnect();
        cancelAnimationFrame(asked);
        python.close();
        for (const [name, action] of watched) model.off(name, action);
        inside?.close?.();
        root.remove();
      };
    },
  };
}

/** What the reader changes, on its way to Python: {set(trait, value), close()}. Python is told at most ten times a second,
 *  after the frame that shows the change: the message, and what Jupyter draws while the kernel answers it, cost more than
 *  that frame itself. */
function toldToPython(model, onChange) {
  let timer = 0; // runs while there is something to tell
  const untold = new Map(); // what it is: trait -> value
  const told = new Map(); // trait -> what Python was told last, up to eight values, as JSON
  const watched = new Set(); // the traits whose answers are looked at

  function tell() {
    timer = 0;
    for (const [name, value] of untold) {
      told.set(name, [JSON.stringify(value), ...(told.get(name) ?? [])].slice(0, 8));
    }
    untold.clear();
    model.save_changes();
  }
  /** The kernel answers each message with the state that it was told; what the reader has changed since then, and Python
   *  does not know yet, must not go back to it. Any other value is one that Python has set: it stays. */
  function keepUntold(name) {
    if (!untold.has(name) || model.get(name) === untold.get(name)) return;
    if (told.get(name)?.includes(JSON.stringify(model.get(name)))) model.set(name, untold.get(name));
    else untold.delete(name);
  }
  return {
    set(name, value) {
      untold.set(name, value);
      model.set(name, value);
      if (!watched.has(name)) onChange([name], () => queueMicrotask(() => keepUntold(name)));
      watched.add(name);
      timer ||= setTimeout(tell, 100);
    },
    close() {
      clearTimeout(timer);
      if (timer) model.save_changes(); // the last move is not lost with the view
    },
  };
}

/** The explorer of one layer: what is `inside` fills the whole widget, as elsewhere a tab of a model's.
 *  @param {import("../types.d.ts").LayerInside} inside */
export function layerExplorer(inside) {
  return explorer((context) => {
    const { model, root, spec } = context;
    return inside(context, root, spec, readArrays(spec.arrays, model.get("_data")));
  });
}

/** What the reader changes in an explorer: {get(), set(value)}. In a widget of its own it is a trait that Python shares;
 *  a tab of a model's explorer keeps it in the page.
 *  @param {import("../types.d.ts").Context} context */
export function kept(context, spec, trait) {
  if (spec === context.spec) {
    return { get: () => context.model.get(trait) ?? {}, set: (value) => context.set({ [trait]: value }) };
  }
  let here = {};
  return {
    get: () => here,
    set(value) {
      here = value;
      context.repaint();
    },
  };
}

/** "dark" or "light": light ink is for dark paper, whoever set it. */
function themeOf(root) {
  const ink = (getComputedStyle(root).color.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
  return luminance(ink) > 0.4 ? "dark" : "light";
}

/** The style sheet's colours of text and paper, for what is drawn on a canvas: as "#1f2328" or "rgba(31, 35, 40, 0.9)". */
function neutralsOf(root) {
  const style = getComputedStyle(root);
  const pen = document.createElement("canvas").getContext("2d");
  const read = (name) => {
    pen.fillStyle = style.getPropertyValue(`--le-${name}`).trim();
    return String(pen.fillStyle); // as a canvas writes it
  };
  return { ink: read("ink"), muted: read("muted"), paper: read("paper") };
}

/** Say in the widget what went wrong, once, above what still works. */
export function showError(root, error) {
  let box = root.querySelector(":scope > .le-error");
  if (!box) root.prepend((box = h("div", { class: "le-error", role: "alert" })));
  say(box, `This explorer met an error of its own, not one of yours: ${error?.message ?? error}`);
}
