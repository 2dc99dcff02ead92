// The shell: what an explorer's root does, whatever is inside.

import { readArrays } from "./arrays.js";
import { luminance } from "./colours.js";
import { hearPython } from "./hearing.js";
import { levelChoice, recallLevel } from "./levels.js";
import { format, formatSimply } from "./numbers.js";
import { h, say } from "./page.js";
import { DEAF } from "./words.js";

/** Wrap `build` into anywidget's render. `build(context)` fills context.root and returns
 *  {layout(width), paint(), key(event) -> handled?, close()}: layout draws what depends on size, theme and level, paint
 *  what depends on the model.
 *  @param {import("../types.d.ts").Build} build */
export function explorer(build) {
  return {
    /** @param {{ model: import("../types.d.ts").Model, el: HTMLElement }} widget */
    render({ model, el }) {
      const root = h("div", { class: "lstm-edu-explorer", tabindex: 0, role: "group" });
      el.append(root);
      const stop = new AbortController();
      const guard = guarded(root);
      const traits = traitsOf(model, guard);
      const python = toldToPython(model, traits.onChange);
      const screen = screenOf(root, guard);
      const context = contextOf(model, root, { guard, stop, traits, python, screen });
      const choice = context.spec.levels ? levelChoice(context) : null;
      guard(() => {
        recallLevel(context);
        screen.show(context, build(context), choice);
        takeKeys(context, screen, choice);
      })();
      const watched = watchSizeAndTheme(context, screen);
      printWhole(context, screen);
      hearPython(model, () => root.prepend(h("p", { class: "le-note", role: "alert" }, DEAF)));
      return () => {
        stop.abort();
        watched.close();
        python.close();
        traits.close();
        screen.close();
        root.remove();
      };
    },
  };
}

/** Run, and show what goes wrong in the widget itself: readers do not look into the console. */
function guarded(root) {
  return (action) =>
    (...args) => {
      try {
        return action(...args);
      } catch (error) {
        showError(root, error);
        throw error;
      }
    };
}

/** {onChange(names, action), close()}: what is called when traits change, in the page or from Python. */
function traitsOf(model, guard) {
  const watched = [];
  return {
    onChange(names, action) {
      const safe = guard(action);
      for (const name of names) {
        model.on(`change:${name}`, safe);
        watched.push([`change:${name}`, safe]);
      }
    },
    close() {
      for (const [name, action] of watched) model.off(name, action);
    },
  };
}

/** What the explorer inside is given.
 *  @returns {import("../types.d.ts").Context} */
function contextOf(model, root, { guard, stop, traits, python, screen }) {
  const spec = model.get("_spec");
  const level = () => model.get(spec.level_trait) ?? "all"; // explorers without levels show all
  return {
    model,
    root,
    theme: "light",
    neutrals: { ink: "", muted: "", paper: "" },
    guard,
    spec,
    palette: spec.palette,
    listen: (target, type, action, options = {}) =>
      target.addEventListener(type, guard(action), { ...options, signal: stop.signal }),
    repaint: screen.repaint,
    relayout: screen.layout,
    level,
    write: (value, digits) => (level() === "all" ? format(value, digits) : formatSimply(value)),
    /** A change made in the page: shown in the next frame, and told to Python. */
    set(values) {
      const news = Object.entries(values).filter(([name, value]) => model.get(name) !== value);
      for (const [name, value] of news) python.set(name, value);
    },
    onChange: traits.onChange,
  };
}

/** When what is inside is laid out and painted: {show(context, inside, choice), layout(), repaint(), resized(), key(event),
 *  close()}. */
function screenOf(root, guard) {
  let context = null;
  let inside = null;
  let choice = null; // of the level
  let width = 0;
  let unseen = false; // whether a layout waits until the explorer is shown again
  let asked = 0;
  const paint = guard(() => {
    asked = 0;
    if (!inside || !width) return;
    inside.paint();
    // Two frames later the browser knows its height, and keeps it while the explorer is scrolled away.
    if (!root.dataset.ready) requestAnimationFrame(() => requestAnimationFrame(() => root.classList.add("le-settled")));
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
  function paintLevel() {
    root.dataset.detail = context.level();
    choice?.paint();
  }
  return {
    layout,
    show(given, made, levels) {
      [context, inside, choice] = [given, made, levels];
      paintLevel();
      if (!choice) return;
      root.querySelector(".le-head").append(choice.element);
      context.onChange([context.spec.level_trait], () => {
        paintLevel();
        layout();
      });
    },
    /** Repaint in the next frame, once, however many changes ask for it. */
    repaint() {
      if (!asked) asked = requestAnimationFrame(paint);
    },
    resized({ anew = false } = {}) {
      const now = root.clientWidth;
      if (!now || (now === width && !unseen && !anew)) return;
      width = now;
      layout();
    },
    key: (event) => inside.key(event),
    close() {
      cancelAnimationFrame(asked);
      inside?.close?.();
    },
  };
}

/** Keys: those of the explorer, and none that Jupyter takes as well. */
function takeKeys({ root, listen }, screen, choice) {
  const shortcut = (event) => event.ctrlKey || event.metaKey || event.altKey; // the browser's and Jupyter's own
  // Jupyter Notebook 7 takes keys on their way down to the widget, save where it sees this attribute: on what has
  // the focus, a tab or a slider in the explorer too, for its rules are for any element that has it.
  const ours = (event) => {
    if (root.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", !shortcut(event));
  };
  listen(window, "keydown", ours, { capture: true });
  listen(root, "keydown", (event) => {
    if (shortcut(event)) return; // saving a notebook stays possible
    event.stopPropagation(); // else JupyterLab takes the key
    if (choice?.has(event.target)) return; // the browser moves among the levels
    if (screen.key(event)) event.preventDefault();
  });
}

/** Lay out again when the size or the theme has changed: {close()}. */
function watchSizeAndTheme({ root, listen }, screen) {
  const size = new ResizeObserver(() => screen.resized());
  size.observe(root);
  // What is scrolled away has no transitions: a theme that changed meanwhile is seen when it comes back.
  const shown = new IntersectionObserver(() => {
    if (root.clientWidth && root.dataset.ready && root.dataset.theme !== themeOf(root)) screen.layout();
  });
  shown.observe(root);
  // The root's colour has a transition of a moment: whatever changes the theme, it ends with one of these events
  // (JupyterLab hides the page while it changes its own, which cancels it).
  for (const type of ["transitionend", "transitioncancel"]) {
    listen(root, type, (event) => {
      if (event.target === root && event.propertyName === "color") requestAnimationFrame(screen.layout);
    });
  }
  return {
    close() {
      size.disconnect();
      shown.disconnect();
    },
  };
}

/** On paper nothing is scrolled to and nothing is opened: before it is printed an explorer is laid out for a sheet of paper,
 *  all of it, in the theme that the page has then. */
function printWhole({ root, listen }, screen) {
  let opened = [];
  const printing = (now) => () => {
    root.classList.toggle("le-on-paper", now);
    if (now) opened = [...root.querySelectorAll("details:not([open], [data-for=screen], [data-for=screen] *)")];
    for (const fold of opened) fold.open = now;
    screen.resized({ anew: true });
  };
  listen(window, "beforeprint", printing(true));
  listen(window, "afterprint", printing(false));
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
  say(box, `Something went wrong in this explorer; it is not your fault: ${error?.message ?? error}`);
}
