// In a narrow window JupyterLab begins with the notebook alone: its list of files would leave no room for it.

const NARROW = 800; // pixels
const OPENING = 4000; // milliseconds: JupyterLab opens the list at some moment after the notebook, perhaps twice

if (window.innerWidth < NARROW) {
  let ready = Infinity;
  const watching = setInterval(() => {
    const shell = window.jupyterapp?.shell;
    if (!shell?.currentWidget?.context?.isReady) return;
    ready = Math.min(ready, performance.now());
    if (!shell.leftCollapsed) shell.collapseLeft();
    if (performance.now() > ready + OPENING) clearInterval(watching);
  }, 200);
}
