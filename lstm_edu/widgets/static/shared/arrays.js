// The arrays that Python sent: one buffer, and a table of where each one is.

/** The recorded arrays by name: {name: {shape, data}}. `table` says where each one is in the bytes.
 *  A widget's buffer may start at any byte of a larger one, and a typed array may not: so it is copied once.
 *  @param {import("../types.d.ts").Spec["arrays"]} table
 *  @param {any} view a DataView, or an ArrayBuffer
 *  @returns {import("../types.d.ts").Arrays} */
export function readArrays(table, view) {
  const copy = view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view.slice(0);
  const kinds = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array };
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(table)) {
    const size = shape.reduce((a, b) => a * b, 1);
    arrays[name] = { shape, data: new kinds[dtype](copy, offset, size) };
  }
  return arrays;
}

/** The arrays of layer n, under their own names: "2/x" becomes "x".
 *  @returns {import("../types.d.ts").Arrays} */
export function arraysOf(arrays, n) {
  const mine = Object.entries(arrays).filter(([name]) => name.startsWith(`${n}/`));
  return Object.fromEntries(mine.map(([name, array]) => [name.slice(`${n}/`.length), array]));
}

/** One number of an array, by its indices: at(trace.c, row, step, unit).
 *  @param {import("../types.d.ts").NumberArray} array
 *  @param {number[]} index */
export function at(array, ...index) {
  let flat = 0;
  for (let axis = 0; axis < array.shape.length; axis++) flat = flat * array.shape[axis] + index[axis];
  return array.data[flat];
}
