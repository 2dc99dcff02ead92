// SVG elements, and symbols in an SVG text.

/** An SVG element with attributes and children. */
export function cellPart(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat(Infinity));
  return element;
}

/** "f · c_prev" as italics with its index set low, for an SVG text. */
export function cellSymbols(...names) {
  return names.flatMap((name) => {
    if (name.length > 1 && !name.includes("_")) return [cellPart("tspan", { class: "le-plain" }, name)];
    const [letter, index] = name.split("_");
    const low = index
      ? [cellPart("tspan", { class: "le-low", dy: 3 }, index), cellPart("tspan", { dy: -3 }, "\u200b")]
      : [];
    return [cellPart("tspan", {}, letter), ...low];
  });
}

/** Set several attributes of an SVG element. */
export function place(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
