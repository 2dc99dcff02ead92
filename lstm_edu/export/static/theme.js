// Light or dark, before anything is drawn: as the reader's system has it, until the switch says otherwise. Paper is light.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  let printing = false;
  const apply = () => {
    const dark = !printing && (chosen ?? system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.body.dataset.jpThemeLight = String(!dark); // what widgets made for JupyterLab look at
    const button = document.getElementById("theme");
    if (button) {
      button.hidden = false;
      button.textContent = dark ? "Light" : "Dark";
      button.onclick = () => {
        chosen = !dark;
        apply();
      };
    }
  };
  apply();
  system.addEventListener("change", apply);
  for (const event of ["beforeprint", "afterprint"]) {
    addEventListener(event, () => {
      printing = event === "beforeprint";
      apply();
    });
  }
  document.addEventListener("DOMContentLoaded", apply);
})();
