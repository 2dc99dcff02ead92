// Sentences that several explorers say.

/** What of the run stayed in Python because it was too much for a page, in sentences; none if all of it is here. */
export function stayedInPython(spec, rows = "sequences") {
  const sentence = (here, all, what) => `The first ${here} of ${all} ${what} are here; the rest stayed in Python.`;
  return [
    spec.rows < spec.batch && sentence(spec.rows, spec.batch, rows),
    spec.all_steps && sentence(spec.steps, spec.all_steps, "steps"),
  ].filter(Boolean);
}
