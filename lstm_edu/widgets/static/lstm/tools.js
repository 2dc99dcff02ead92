// The tools of the what-if panel, one below the other: of the three only one is open.

import { holdTool } from "./hold_tool.js";
import { mistakeTool } from "./mistake_tool.js";
import { numberTool } from "./number_tool.js";
import { freshId, h } from "../shared/page.js";

/** {element, paint(place)}: what a reader changes a run with. `store`: {edits(), put(next)}; of(batch): the run as it is. */
export function whatIfTools(context, spec, arrays, here, store, of) {
  const tools = [
    holdTool(context, spec, here, store, of),
    numberTool(context, spec, arrays, here, store),
    mistakeTool(context, spec, store),
  ];
  const name = freshId("tools");
  const first = Math.max(
    0,
    tools.findIndex((tool) => tool.on()),
  );
  const boxes = tools.map(({ title, content }, n) =>
    h(
      "details",
      { class: "le-tool", name, open: n === first, "aria-label": title },
      h("summary", {}, title),
      h("div", { class: "le-tool-content" }, content),
    ),
  );
  for (const box of boxes) context.listen(box, "toggle", context.repaint);
  return {
    element: h("div", { class: "le-tools" }, boxes),
    paint: (place) => tools.forEach((tool, n) => boxes[n].open && tool.paint(place)),
  };
}
