// Drawing on a canvas.

import { ramp, shade } from "./colours.js";
import { h } from "./page.js";

/** A canvas as sharp as the screen, `width` by `height` CSS pixels; returns its context, in CSS pixels. */
export function sizeCanvas(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}

/** A small tile to fill with: "hatch" for what was skipped, "check" for what is not a number. */
export function pattern(context, kind, dark) {
  const tile = h("canvas", { width: 8, height: 8 });
  const pen = tile.getContext("2d");
  if (kind === "hatch") {
    pen.strokeStyle = dark ? "#ffffffb0" : "#000000a0";
    pen.lineWidth = 1.2;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift - 1, 9);
      pen.lineTo(shift + 9, -1);
    }
    pen.stroke();
  } else {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, 8, 8);
    pen.fillStyle = "#000000";
    for (const [x, y] of [
      [0, 0],
      [4, 0],
      [2, 2],
      [6, 2],
      [0, 4],
      [4, 4],
      [2, 6],
      [6, 6],
    ])
      pen.fillRect(x, y, 2, 2);
  }
  return context.createPattern(tile, "repeat");
}

/** rows x columns values for a picture of at most `across` x `down` pixels: {rows, columns, value}. Where there are more
 *  of them than pixels, those that fall together are shown by two pixels, one above the other: by the greatest of them and
 *  the least, so that no spike and no dip is lost; by one that is not finite, where there is one. */
export function extremes(value, rows, columns, down, across) {
  if (rows <= down && columns <= across) return { rows, columns, value };
  const [high, wide] = [Math.min(rows, Math.max(1, Math.floor(down / 2))), Math.min(columns, across)];
  const [greatest, least] = [new Float64Array(high * wide), new Float64Array(high * wide)];
  for (let y = 0; y < high; y++) {
    const bottom = Math.floor(((y + 1) * rows) / high);
    for (let x = 0; x < wide; x++) {
      const right = Math.floor(((x + 1) * columns) / wide);
      let [most, fewest, odd] = [-Infinity, Infinity, null];
      for (let r = Math.floor((y * rows) / high); r < bottom; r++) {
        for (let c = Math.floor((x * columns) / wide); c < right; c++) {
          const v = value(r, c);
          if (!Number.isFinite(v)) odd = v;
          if (v > most) most = v;
          if (v < fewest) fewest = v;
        }
      }
      greatest[y * wide + x] = odd ?? most;
      least[y * wide + x] = odd ?? fewest;
    }
  }
  return {
    rows: 2 * high,
    columns: wide,
    value: (y, x) => (y % 2 ? least : greatest)[(y >> 1) * wide + x],
  };
}

/** Paint a rows x columns picture of value(row, column) over the whole canvas; of cells that share pixels the
 *  `extremes`. What is not finite is drawn as a chequerboard. */
export function paintCells(canvas, width, height, rows, columns, value, { low, high, stops }, dark) {
  const context = sizeCanvas(canvas, width, height);
  const cells = extremes(value, rows, columns, canvas.height, canvas.width);
  const [down, across] = [cells.rows, cells.columns];
  const table = new Uint32Array(ramp(stops).buffer); // a pixel at a time
  const picture = new ImageData(across, down);
  const pixels = new Uint32Array(picture.data.buffer);
  const odd = []; // cells that are not finite
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const index = shade(cells.value(y, x), low, high);
      if (index < 0) odd.push([x, y]);
      else pixels[y * across + x] = table[index];
    }
  }
  const plain = h("canvas", { width: across, height: down });
  plain.getContext("2d").putImageData(picture, 0, 0);
  context.drawImage(plain, 0, 0, width, height);
  if (odd.length) {
    context.fillStyle = pattern(context, "check", dark);
    for (const [x, y] of odd) {
      context.fillRect(
        (x * width) / across,
        (y * height) / down,
        Math.max(1, width / across),
        Math.max(1, height / down),
      );
    }
  }
  return context;
}
