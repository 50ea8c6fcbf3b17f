(() => {
  const table = document.getElementById("files");
  if (!table) return;
  const STEP = 100; // rows in the page at once; thousands are slow to lay out
  const FIELDS = ["q", "person", "platform", "standing", "decided", "mark", "llr", "most", "from", "to"];
  const body = table.tBodies[0];
  const form = document.getElementById("filters");
  const status = document.getElementById("shown");
  const more = document.getElementById("more");
  const choosing = document.getElementById("choosing"); // folded on phones, where the queue comes first
  const narrow = matchMedia("(max-width: 760px)");
  const boxes = [...document.querySelectorAll('input[name="label"]')];
  const heads = [...table.tHead.rows[0].cells];
  const numeric = new Set(["label", "reach", "llr", "duration"]);
  const falling = new Set(["reach", "llr", "duration", "date"]); // most useful from the largest
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const order = new Intl.Collator("en", { numeric: true });
  const sort = { by: "label", down: false };
  let limit = STEP;

  const value = (cell, name) => {
    const text = cell.dataset.v ?? (cell.querySelector("a") ?? cell).textContent.trim();
    return text === "" ? null : numeric.has(name) ? Number(text) : text;
  };
  const keysOf = (tr) => Object.fromEntries(heads.map((head, i) =>
    [head.dataset.sort, value(tr.cells[i], head.dataset.sort)]));
  // What the table orders: a file, or a campaign with the files in it.
  const units = [];
  for (const tr of [...table.tBodies].flatMap((each) => [...each.rows])) {
    const keys = keysOf(tr);
    if (tr.classList.contains("campaign")) {
      const opener = tr.querySelector(".opener");
      units.push({ head: tr, opener, within: opener.querySelector(".within"), keys, rows: [], text: null });
      continue;
    }
    const row = { tr, keys, text: null, ...tr.dataset, marks: tr.dataset.marks.split(" "),
      day: (keys.date || "").slice(0, 10) };
    if (tr.classList.contains("member")) units.at(-1).rows.push(row);
    else units.push({ head: null, keys, rows: [row] });
  }
  units.forEach((unit, place) => { unit.place = place; unit.hits = unit.rows; });
  const all = units.reduce((sum, unit) => sum + unit.rows.length, 0);
  for (const other of [...table.tBodies].slice(1)) other.remove();
  body.className = "";
  const textOf = (tr) => fold(tr.textContent);
  const search = (row) => (row.text ??= `${textOf(row.tr)} ${fold(row.person)}`);
  const searchHead = (unit) => (unit.head ? (unit.text ??= textOf(unit.head)) : "");
  const same = (value, wanted) => !wanted || (value || "") === (wanted === "-" ? "" : wanted);

  const matches = (want, unit) => (row) =>
    (!want.labels.size || want.labels.has(row.label)) &&
    same(row.person, want.person) && same(row.platform, want.platform) &&
    (!want.standing || row.standing === want.standing) &&
    same(row.tr.dataset.decided, want.decided) &&
    (!want.mark || row.marks.includes(want.mark)) &&
    (want.llr === null || (row.keys.llr !== null && row.keys.llr >= want.llr)) &&
    (want.most === null || (row.keys.llr !== null && row.keys.llr <= want.most)) &&
    (!want.from || (row.day && row.day >= want.from)) &&
    (!want.to || (row.day && row.day <= want.to)) &&
    want.words.every((word) => search(row).includes(word) || searchHead(unit).includes(word));

  const wanted = () => {
    const want = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));
    const number = (text) => (text === "" ? null : Number(text));
    return { ...want, llr: number(want.llr), most: number(want.most),
      words: fold(want.q).split(/\s+/).filter(Boolean),
      labels: new Set(boxes.filter((box) => box.checked).map((box) => box.value)) };
  };

  // Only rows that are shown stand in the page; the others are kept aside. Of an open campaign that
  // is the first hundred files: its page lists them all.
  let hits = units;
  const count = (n) => n.toLocaleString(document.documentElement.lang);
  const say = (words, ...numbers) =>
    status.dataset[words].replace(/\$(\d)/g, (_, place) => count(numbers[place - 1]));
  const files = (some) => some.reduce((sum, unit) => sum + unit.hits.length, 0);
  const within = (unit) => {
    const hit = unit.hits.length, all = unit.rows.length;
    const files = hit < all ? say("saySome", hit, all) : all === 1 ? say("sayOne") : say("sayAll", all);
    return files + (hit > STEP ? say("sayFirst", STEP) : "");
  };
  const trs = (unit, most) => [...(unit.head ? [unit.head] : []),
    ...(!unit.head || unit.opener.open ? unit.hits.slice(0, most).map((row) => row.tr) : [])];
  const show = () => {
    const shown = hits.slice(0, limit);
    const focused = document.activeElement; // lost by what is put in anew
    for (const unit of shown) {
      if (!unit.head) continue;
      unit.within.textContent = within(unit);
      unit.open = unit.opener.open;
    }
    body.replaceChildren(...shown.flatMap((unit) => trs(unit, STEP)));
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    status.textContent = shown.length < hits.length
      ? say("sayCut", files(shown), files(hits), all)
      : say("saySome", files(hits), all);
    more.hidden = shown.length >= hits.length;
    document.getElementById("nothing").hidden = hits.length > 0;
  };

  const filter = () => {
    const want = wanted();
    for (const unit of units) unit.hits = unit.rows.filter(matches(want, unit));
    hits = units.filter((unit) => unit.hits.length);
    show();
    remember();
  };

  const arrange = () => {
    const sign = sort.down ? -1 : 1;
    units.sort((a, b) => {
      const x = a.keys[sort.by], y = b.keys[sort.by];
      if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
      const by = typeof x === "number" ? x - y : order.compare(x, y);
      return sign * by || a.place - b.place;
    });
    for (const head of heads) {
      if (head.dataset.sort !== sort.by) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
    }
    form.elements.sort.value = sort.by;
    filter();
  };

  // The filters live in the address, so that "back" from a file finds them again.
  const remember = () => {
    const state = new URLSearchParams();
    for (const name of FIELDS) if (form.elements[name].value) state.set(name, form.elements[name].value);
    for (const box of boxes) if (box.checked) state.append("label", box.value);
    if (sort.by !== "label" || sort.down) state.set("sort", (sort.down ? "-" : "") + sort.by);
    // A link to a campaign is no filter, and stays as long as nothing is filtered.
    if (linked() && !String(state)) return;
    try { history.replaceState(null, "", "#" + state); } catch { /* some browsers forbid it on disk */ }
  };
  const linked = () => units.find((unit) => unit.head && unit.head.id === location.hash.slice(1));
  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of FIELDS) form.elements[name].value = state.get(name) || "";
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
      sort.down = sort.by === head.dataset.sort ? !sort.down : falling.has(head.dataset.sort);
      sort.by = head.dataset.sort;
      arrange();
    });
  }
  form.elements.sort.addEventListener("change", (event) => {
    event.stopPropagation();
    sort.by = form.elements.sort.value;
    sort.down = falling.has(sort.by);
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
    if (next) (next.head ?? next.rows[0].tr).querySelector("a").focus();
  });

  const links = () => [...body.querySelectorAll("a")];
  const step = (by) => () => {
    const all = links();
    const at = all.indexOf(document.activeElement?.closest("tr")?.querySelector("a"));
    const to = at + by;
    if (to < 0) commands["/"]();
    else all[Math.min(to, all.length - 1)]?.focus();
  };
  const inside = (command) => (event) => body.contains(event.target) && command();
  commands.j = step(1);
  commands.k = step(-1);
  commands.ArrowDown = inside(step(1));
  commands.ArrowUp = inside(step(-1));
  commands.Home = inside(() => links()[0].focus());
  commands.End = inside(() => links().at(-1).focus());
  commands.o = inside(() => {
    // From a file of an open campaign, too; the focus stays with what is still there.
    const tr = document.activeElement.closest("tr");
    const unit = hits.find((each) => each.head && (each.head === tr || each.hits.some((row) => row.tr === tr)));
    if (!unit) return;
    unit.opener.open = !unit.opener.open;
    if (tr !== unit.head) unit.head.querySelector("a").focus();
  });
  let printing = false; // paper has all files, and opens what is folded
  // What stands there as it was asked for is not put in anew, whatever reports that it changed.
  for (const unit of units) {
    unit.opener?.addEventListener("toggle", () => {
      if (!printing && unit.open !== unit.opener.open) show();
    });
  }
  commands["/"] = () => {
    choosing.open = true;
    form.elements.q.focus();
  };
  commands.c = () => form.reset();
  form.elements.q.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !links().length) return;
    event.preventDefault();
    links()[0].focus();
  });

  addEventListener("beforeprint", () => {
    printing = true;
    body.replaceChildren(...hits.flatMap((unit) => trs(unit, Infinity)));
  });
  addEventListener("afterprint", () => { printing = false; show(); });
  const chosen = () => FIELDS.some((name) => form.elements[name].value) || boxes.some((box) => box.checked);
  const foldChoosing = () => {
    choosing.open = !narrow.matches || chosen() || choosing.contains(document.activeElement);
  };
  // A link to a campaign leads to its row, opened, however far down that is.
  const arrive = () => {
    recall();
    arrange();
    foldChoosing();
    const unit = linked();
    for (const each of units) each.head?.classList.toggle("linked", each === unit);
    if (!unit) return;
    limit = Math.max(limit, STEP * Math.ceil((hits.indexOf(unit) + 1) / STEP));
    unit.opener.open = true;
    show();
    unit.head.scrollIntoView({ block: "center" });
  };
  narrow.addEventListener("change", foldChoosing);
  addEventListener("hashchange", arrive);
  arrive();
})();
