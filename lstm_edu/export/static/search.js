// Search in a page of its own: a form's GET works from a file too, and every page needs no more than a form.
(() => {
  const sections = JSON.parse(document.getElementById("sections").textContent);
  const most = 50;
  const settings = {
    boost: { page: 3, heading: 4 },
    prefix: (term) => term.length > 2,
    fuzzy: (term) => (term.length > 4 ? 0.2 : false),
  };
  const index = new MiniSearch({ fields: ["page", "heading", "text"] });
  index.addAll(sections.map((section, id) => ({ id, ...section })));

  /** Some words around the first of `terms` in `text`, as nodes, with each term marked. */
  function excerpt(text, terms) {
    const any = new RegExp(terms.map((term) => term.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|") || "$^", "giu");
    const first = Math.max(text.search(any), 0);
    const from = first < 60 ? 0 : text.lastIndexOf(" ", first - 50) + 1;
    const piece = text.slice(from, from + 220).replace(/\s+\S*$/, "");
    const nodes = [from ? "… " : ""];
    let end = 0;
    for (const found of piece.matchAll(any)) {
      const mark = document.createElement("mark");
      mark.textContent = found[0];
      nodes.push(piece.slice(end, found.index), mark);
      end = found.index + found[0].length;
    }
    return [...nodes, piece.slice(end), from + piece.length < text.length ? " …" : ""];
  }

  function shown({ id, terms }) {
    const { file, page, anchor, heading, text } = sections[id];
    const link = document.createElement("a");
    link.href = anchor ? `${file}#${encodeURIComponent(anchor)}` : file;
    link.textContent = heading && heading !== page ? `${page}: ${heading}` : page;
    const words = document.createElement("p");
    words.append(...excerpt(text, terms));
    const item = document.createElement("li");
    item.append(link, words);
    return item;
  }

  const query = (new URLSearchParams(location.search).get("q") ?? "").trim();
  document.querySelector("input[name=q]").value = query;
  if (!query) return;
  let found = index.search(query, { ...settings, combineWith: "AND" });
  let said = found.length === 1 ? "1 place" : `${found.length} places`;
  if (found.length === 0) {
    found = index.search(query, settings);
    said = found.length ? "No place has all of these words. Some of them are here" : "Nothing was found";
  }
  if (found.length > most) said += `; the best ${most} are listed`;
  document.querySelector("[role=status]").textContent = `${said}.`;
  document.getElementById("found").append(...found.slice(0, most).map(shown));
  document.title = `${query} - ${document.title}`;
})();
