// One line at the bottom of JupyterLab while Python loads: what is loading, how large, for how long.

const line = document.createElement("div");
line.id = "lstm-edu-progress";
line.setAttribute("role", "status");
Object.assign(line.style, {
  position: "fixed",
  insetInline: "0",
  bottom: "0",
  zIndex: "1000",
  padding: "0.4em 1em",
  font: "14px/1.4 system-ui, sans-serif",
  color: "#fff",
  background: "#1f4e79",
  pointerEvents: "none",
});
const begun = performance.now();
let text = "";
let clock;

function draw() {
  line.textContent = `${text}, ${Math.round((performance.now() - begun) / 1000)} s. The first visit takes a minute or two; later ones come from the browser's memory.`;
}

new BroadcastChannel("lstm-edu-live").onmessage = ({ data }) => {
  clearInterval(clock);
  if (data.done) return void line.remove();
  text = data.text;
  draw();
  clock = setInterval(draw, 1000);
  document.body.append(line);
};
