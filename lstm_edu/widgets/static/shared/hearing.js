// What Python says on a slow computer.

/** What Python is asked for: widgets/_base.py answers it. */
const LOST = { kind: "lstm-edu-lost" };

/** Let an explorer hear Python that was too slow to begin.
 *
 *  anywidget gives a model two seconds, from its creation until its module has been imported. A view that comes later is
 *  drawn anyway, but each message from Python then waits for a promise that has been rejected, and is lost
 *  (anywidget 0.11: AnyModel._handle_comm_msg, Runtime.ready). Here the model gets the handler of ipywidgets itself, which
 *  waits for nothing, and Python is asked for what was lost. `say` is called where that cannot be done, or no answer comes.
 *  @param {import("../types.d.ts").Model} model
 *  @param {() => void} say */
export async function hearPython(model, say) {
  const own = behind(model);
  if (!own?.comm || !own._handle_comm_msg || (await hears(own))) return;
  if (Object.hasOwn(own, "_handle_comm_msg")) return; // another view of it was quicker
  const { _handle_comm_msg: handle } = Object.getPrototypeOf(Object.getPrototypeOf(own));
  let heard = false;
  own._handle_comm_msg = (message) => {
    const done = handle.call(own, message);
    heard = true;
    return done;
  };
  try {
    own.comm.on_msg(own._handle_comm_msg);
  } catch {
    return say();
  }
  const status = ({ content }) => content.execution_state === "idle" && !heard && say(); // Python is done with the question
  model.send(LOST, { iopub: { status } });
}

/** The model of ipywidgets behind what anywidget hands out: whoever listens to a change is given it. Where there is none, as
 *  in a page without Python, something else or nothing. */
function behind(model) {
  let found = null;
  const take = (given) => (found = given);
  model.on("change:_asked", take);
  model.set("_asked", (model.get("_asked") ?? 0) + 1); // no trait: Python does not know it
  model.off("change:_asked", take);
  return found;
}

/** Whether a message reaches this model; this one asks it for nothing. */
function hears(own) {
  const nothing = { content: { data: {} } };
  return Promise.resolve(own._handle_comm_msg(nothing)).then(
    () => true,
    () => false,
  );
}
