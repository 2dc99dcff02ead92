// What the explorers hand to each other, for tsc and for editors. Python makes the specs (widgets/*.py).

/** An array as it was recorded: axes as in the trace, (batch, time, features or units) where nothing else is said. */
export interface NumberArray {
  shape: number[];
  data: Float32Array | Float64Array | Uint8Array;
}

/** By name: "x", "z", "c_start", "keras_h", "kernel", ... */
export type Arrays = Record<string, NumberArray>;

/** The ends of the colours of a picture. */
export interface Scale {
  kind: "from zero" | "signed";
  low: number;
  high: number;
}

/** Where the reader is. */
export interface Place {
  t: number;
  unit: number;
  batch: number;
}

/** A part of a what-if: see widgets/whatif.py. */
export interface WhatIf {
  hold?: { gate: string; value: number; unit?: number; from?: number; to?: number }[];
  numbers?: Record<string, number>;
  mistake?: string;
}

/** What an explorer is told of what it shows: `_spec`. What only one explorer has is in its own module. */
export interface Spec {
  kind: string;
  name: string;
  title: string;
  rows: number; // sequences that have travelled
  batch: number; // sequences that there are
  steps: number;
  all_steps?: number; // where not all steps have travelled
  features: number;
  units: number;
  time: number[] | null; // which input each step read, where that is not its own number
  scales: Record<string, Scale>;
  tolerance: Tolerance;
  levels?: Partial<Record<Level, string>>; // what the levels are called here
  level_trait?: "detail" | "show"; // where the level is; under this name, the one that was asked for
  named?: { features?: string[]; units?: string[]; words?: string[]; steps?: string[] | string[][]; classes?: boolean };
  comparison: { agrees: boolean; text: string; limits: Record<string, number> } | null;
  arrays: Record<string, { dtype: "float32" | "float64" | "uint8"; shape: number[]; offset: number }>;
  layers: any[]; // of a model, and of the gradients of two
  names: [string, string]; // of a pair
  values: number[]; // of the bins, with the three below
  bins: number;
  ends: [number, number];
  what: string;
  [other: string]: any;
}

export interface Tolerance {
  atol: number;
  rtol: number;
}

/** Colours and names of quantities, from palette.py. */
export interface Palette {
  colors: Record<string, string>;
  names: Record<string, string>;
  roles: Record<string, string>;
  diverging: Record<Theme, string[]>;
  sequential: Record<Theme, Record<string, string[]>>;
}

export type Theme = "light" | "dark";

/** How much is shown. */
export type Level = "simple" | "gates" | "size" | "path" | "all";

/** anywidget's model: the traits that Python and the page share. */
export interface Model {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: object, buffers?: ArrayBuffer[]): void;
  on(event: string, action: (...args: any[]) => void): void;
  off(event: string, action: (...args: any[]) => void): void;
}

/** What the shell gives to the explorer that is built inside of it. */
export interface Context {
  model: Model;
  root: HTMLElement;
  theme: Theme;
  neutrals: { ink: string; muted: string; paper: string };
  spec: Spec;
  palette: Palette;
  guard(action: (...args: any[]) => any): (...args: any[]) => any;
  listen(target: EventTarget, type: string, action: (event: any) => void, options?: object): void;
  repaint(): void;
  relayout(): void;
  level(): Level;
  write(value: number, digits?: number): string; // a number as it is written at this level
  set(values: Record<string, unknown>): void;
  onChange(names: string[], action: () => void): void;
}

/** What an explorer gives back to the shell. */
export interface Inside {
  layout(width: number): void;
  paint(): void;
  key(event: any): boolean; // whether it was a key of the explorer
  close?(): void;
}

/** An explorer of one layer, which fills a widget or a tab of a model's. */
export type LayerInside = (context: Context, panel: HTMLElement, spec: Spec, arrays: Arrays) => Inside;

/** An explorer that fills its widget. */
export type Build = (context: Context) => Inside;
