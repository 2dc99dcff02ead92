// The table of contents: open where it is next to the text, and marking the part that is being read.
(() => {
  const nav = document.querySelector(".outline");
  const wide = matchMedia("(min-width: 1150px)");
  const fold = () => (nav.querySelector("details").open = wide.matches);
  fold();
  wide.addEventListener("change", fold);

  const links = [...nav.querySelectorAll("a")];
  let waiting = false;
  const mark = () => {
    waiting = false;
    const begun = links.filter((link) => {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      return heading && heading.getBoundingClientRect().top < innerHeight / 3;
    });
    for (const link of links) {
      if (link === begun.at(-1)) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  const soon = () => {
    if (!waiting) requestAnimationFrame(mark);
    waiting = true;
  };
  addEventListener("scroll", soon, { passive: true });
  document.addEventListener("DOMContentLoaded", mark);
})();
