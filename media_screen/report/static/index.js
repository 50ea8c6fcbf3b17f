"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const table = document.getElementById("files");
  if (!table) return;
  const STEP = 200; // rows laid out at once; a table of thousands is slow to lay out
  const body = table.tBodies[0];
  const form = document.getElementById("filters");
  const status = document.getElementById("shown");
  const more = document.getElementById("more");
  const boxes = [...document.querySelectorAll('input[name="label"]')];
  const heads = [...table.tHead.rows[0].cells];
  const numeric = new Set(["label", "llr", "duration"]);
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const order = new Intl.Collator("en", { numeric: true });
  const sort = { by: "label", down: false };
  let limit = STEP;

  const value = (cell, name) => {
    const text = cell.dataset.v ?? cell.textContent.trim();
    return text === "" ? null : numeric.has(name) ? Number(text) : text;
  };
  const rows = [...body.rows].map((tr, place) => ({
    tr, place, keys: heads.map((head, i) => value(tr.cells[i], head.dataset.sort)),
    text: fold(tr.textContent), label: tr.dataset.label, platform: tr.dataset.platform,
    marks: tr.dataset.marks.split(" "), llr: value(tr.cells[2], "llr"),
    person: tr.cells[1].textContent, day: (tr.cells[4].dataset.v || "").slice(0, 10),
  }));

  const matches = (want) => (row) =>
    (!want.labels.size || want.labels.has(row.label)) &&
    want.words.every((word) => row.text.includes(word)) &&
    (!want.person || row.person === (want.person === "-" ? "" : want.person)) &&
    (!want.platform || row.platform === (want.platform === "-" ? "" : want.platform)) &&
    (!want.mark || row.marks.includes(want.mark)) &&
    (want.llr === null || (row.llr !== null && row.llr >= want.llr)) &&
    (!want.from || (row.day && row.day >= want.from)) &&
    (!want.to || (row.day && row.day <= want.to));

  const wanted = () => {
    const field = (name) => form.elements[name].value;
    return {
      labels: new Set(boxes.filter((box) => box.checked).map((box) => box.value)),
      words: fold(field("q")).split(/\s+/).filter(Boolean),
      person: field("person"), platform: field("platform"), mark: field("mark"),
      llr: field("llr") === "" ? null : Number(field("llr")),
      from: field("from"), to: field("to"),
    };
  };

  let hits = rows;
  const show = () => {
    hits.forEach((row, i) => { row.tr.hidden = i >= limit; });
    const shown = Math.min(limit, hits.length);
    const count = (n) => n.toLocaleString("en");
    status.textContent = shown < hits.length
      ? `Showing ${count(shown)} of ${count(hits.length)} matching files (${count(rows.length)} in all)`
      : `${count(hits.length)} of ${count(rows.length)} files`;
    more.hidden = shown >= hits.length;
    document.getElementById("nothing").hidden = hits.length > 0;
  };

  const filter = () => {
    hits = rows.filter(matches(wanted()));
    const kept = new Set(hits);
    for (const row of rows) if (!kept.has(row)) row.tr.hidden = true;
    show();
    remember();
  };

  const arrange = () => {
    const column = heads.findIndex((head) => head.dataset.sort === sort.by);
    const sign = sort.down ? -1 : 1;
    rows.sort((a, b) => {
      const x = a.keys[column], y = b.keys[column];
      if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
      const by = typeof x === "number" ? x - y : order.compare(x, y);
      return sign * by || a.place - b.place;
    });
    body.append(...rows.map((row) => row.tr));
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    form.elements.sort.value = sort.by;
    filter();
  };

  // The filters live in the address, so that "back" from a file finds them again.
  const remember = () => {
    const state = new URLSearchParams();
    for (const name of ["q", "person", "platform", "mark", "llr", "from", "to"]) {
      if (form.elements[name].value) state.set(name, form.elements[name].value);
    }
    for (const box of boxes) if (box.checked) state.append("label", box.value);
    if (sort.by !== "label" || sort.down) state.set("sort", (sort.down ? "-" : "") + sort.by);
    try { history.replaceState(null, "", "#" + state); } catch { /* some browsers forbid it on disk */ }
  };
  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of ["q", "person", "platform", "mark", "llr", "from", "to"]) {
      form.elements[name].value = state.get(name) || "";
    }
    const labels = state.getAll("label");
    for (const box of boxes) box.checked = labels.includes(box.value);
    const by = state.get("sort") || "label";
    sort.down = by.startsWith("-");
    sort.by = by.replace(/^-/, "");
    if (!heads.some((head) => head.dataset.sort === sort.by)) sort.by = "label";
  };

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      // Numbers are most useful from the largest, except the rank of a label.
      const first = head.dataset.sort === "llr" || head.dataset.sort === "duration" || head.dataset.sort === "date";
      sort.down = sort.by === head.dataset.sort ? !sort.down : first;
      sort.by = head.dataset.sort;
      arrange();
    });
  }
  form.elements.sort.addEventListener("change", () => {
    sort.by = form.elements.sort.value;
    sort.down = ["llr", "duration", "date"].includes(sort.by);
    arrange();
  });
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(() => { limit = STEP; filter(); }, 120); };
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); soon(); });
  form.addEventListener("reset", () => { for (const box of boxes) box.checked = false; soon(); });
  for (const box of boxes) box.addEventListener("change", soon);
  more.addEventListener("click", () => {
    const next = hits[limit];
    limit += STEP;
    show();
    if (next) next.tr.querySelector("a").focus();
  });

  const links = () => hits.slice(0, limit).map((row) => row.tr.querySelector("a"));
  document.addEventListener("keydown", (event) => {
    const inTable = body.contains(event.target);
    const inSearch = event.target === form.elements.q;
    if (!(inTable || (inSearch && event.key === "ArrowDown"))) return;
    const all = links();
    const at = all.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all.length) return;
    event.preventDefault();
    if (to < 0) form.elements.q.focus();
    else all[Math.min(to, all.length - 1)].focus();
  });

  addEventListener("beforeprint", () => { for (const row of hits) row.tr.hidden = false; });
  addEventListener("afterprint", show);
  addEventListener("hashchange", () => { recall(); arrange(); });
  recall();
  arrange();
})();
