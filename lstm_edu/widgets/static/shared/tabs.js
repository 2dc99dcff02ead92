// A list of tabs.

import { h } from "./page.js";

/** {element, buttons, has(event), paint(chosen), key(event) -> handled?}. `tabs`: of each its `id`, the id of the panel that it
 *  `controls`, its `content` and further `attributes`; `choose(n)` is called when the reader chooses one. */
export function tabList(context, label, tabs, choose) {
  const buttons = tabs.map(({ id, controls, content, attributes = {} }, n) => {
    const button = h("button", { type: "button", role: "tab", id, "aria-controls": controls, ...attributes }, content);
    context.listen(button, "click", () => choose(n));
    return button;
  });
  return {
    element: h("div", { class: "le-tabs", role: "tablist", "aria-label": label }, buttons),
    buttons,
    has: (event) => buttons.includes(event.target),
    paint(chosen) {
      buttons.forEach((button, n) => {
        button.setAttribute("aria-selected", String(n === chosen));
        button.tabIndex = n === chosen ? 0 : -1;
      });
    },
    key(event) {
      const n = buttons.indexOf(event.target);
      const to = { ArrowLeft: n - 1, ArrowRight: n + 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (n < 0 || to === undefined) return false;
      const next = (to + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
      return true;
    },
  };
}
