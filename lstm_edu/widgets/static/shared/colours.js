// From values to colours.

/** "#1f2328" or "rgba(31, 35, 40, 0.9)", as a canvas writes colours, as [r, g, b] of 0..255. */
export function rgb(colour) {
  if (colour[0] !== "#")
    return colour
      .match(/[\d.]+/g)
      .slice(0, 3)
      .map(Number);
  const n = parseInt(colour.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** 256 colours between the given stops, as one Uint8ClampedArray of r, g, b, 255. */
export function ramp(stops) {
  const colours = stops.map(rgb);
  const table = new Uint8ClampedArray(256 * 4);
  for (let n = 0; n < 256; n++) {
    const place = (n / 255) * (colours.length - 1);
    const left = Math.min(Math.floor(place), colours.length - 2);
    for (let k = 0; k < 3; k++) {
      table[4 * n + k] = colours[left][k] + (place - left) * (colours[left + 1][k] - colours[left][k]);
    }
    table[4 * n + 3] = 255;
  }
  return table;
}

/** Where on the ramp a value is, 0 to 255; −1 for what has no place there: NaN and infinities. */
export function shade(value, low, high) {
  if (!Number.isFinite(value)) return -1;
  if (!(high > low)) return 128;
  return Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low))));
}

/** Black or white, whichever reads better on this colour, "#e69f00" or [230, 159, 0]. */
export function inkOn(colour) {
  return luminance(typeof colour === "string" ? rgb(colour) : colour) > 0.179 ? "#000000" : "#ffffff";
}

/** Relative luminance (WCAG) of an [r, g, b] of 0..255. */
export function luminance(colour) {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The stops of a named scale in this theme: {kind: "from zero" | "signed", low, high}. */
export function stopsOf(scale, letter, palette, theme) {
  return scale.kind === "signed" ? palette.diverging[theme] : palette.sequential[theme][letter];
}

/** How well one colour is seen on another, 1 to 21 (WCAG). */
export function contrast(a, b) {
  const [dark, light] = [luminance(rgb(a)), luminance(rgb(b))].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
