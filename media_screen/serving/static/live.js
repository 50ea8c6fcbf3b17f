"use strict";
// What decides, on pages that are served. It runs before the page's own script, which keeps rows
// aside that are not shown, and adds its keys once that has run.
(() => {
  const page = /\/(files|campaigns)\/([0-9a-f]{16}|c-[0-9a-f]{12})\.html$/.exec(location.pathname);
  const base = page ? "../../" : "../";
  const rows = new Map();
  for (const link of document.querySelectorAll("#files a[href]")) {
    const key = /(?:files|campaigns)\/([0-9a-f]{16}|c-[0-9a-f]{12})\.html$/.exec(link.getAttribute("href"));
    if (key) rows.set(key[1], link.closest("tr"));
  }
  const words = document.getElementById("live-words").dataset;
  const say = (name, value = "") => words[`say${name}`].replace("$1", () => value);
  let head = ""; // the newest entry of the ledger that this page shows
  let shown = {};

  const toast = document.createElement("p");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  toast.hidden = true;
  document.body.append(toast);
  let timer = 0;
  const tell = (text, bad = false) => {
    const place = document.querySelector(".told");
    if (place) { place.textContent = text; place.classList.toggle("bad", bad); }
    if (place && !bad) return;
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.hidden = true; }, bad ? 12000 : 4000);
  };

  const mark = (key, [answer, chip]) => {
    const tr = rows.get(key);
    if (!tr) return;
    tr.querySelector(".decided")?.remove();
    tr.querySelector(".chip").insertAdjacentHTML("afterend", chip);
    if (!tr.classList.contains("campaign")) tr.dataset.decided = answer;
  };
  // The panel comes from the same template as the page itself, where every text is escaped.
  const take = (state, { keep = false } = {}) => {
    for (const key of Object.keys({ ...shown, ...state.marks })) mark(key, state.marks[key] ?? ["", ""]);
    shown = state.marks;
    const panel = document.getElementById("decision");
    if (panel && page && (state.panel === undefined || (keep && dirty()))) return;
    head = state.head; // only now is what stands there shown
    if (!panel || !page) return;
    panel.innerHTML = state.panel;
    bind(panel);
  };
  const ask = async (path, sent) => {
    const options = sent === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) };
    const answer = await fetch(base + path, { credentials: "same-origin", ...options });
    if (!answer.ok) throw new Error((await answer.text()).trim() || say("Answered", answer.status));
    return answer.json();
  };
  const failed = (error) => tell(say("Unwritten", error.message), true);

  const post = async (name, sent, said) => {
    try {
      const state = await ask(`decisions/${name}`, { after: head, ...sent });
      take(state.panel !== undefined && name === page?.[2] ? state : { ...state, panel: undefined });
      tell(said);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  };

  const form = () => document.querySelector("form.deciding");
  // What was typed and not saved is not lost to what comes from elsewhere.
  const dirty = () => [...(form()?.elements ?? [])].some((each) =>
    "defaultValue" in each && each.type !== "button" && each.value !== each.defaultValue);
  const typed = () => {
    const fields = form().elements;
    const sent = {};
    for (const name of ["note", "assignee"]) {
      if (fields[name].value !== fields[name].defaultValue) sent[name] = fields[name].value.trim();
    }
    const checks = [...form().querySelectorAll("[data-check]")]
      .filter((each) => each.value !== each.defaultValue)
      .map((each) => ({ name: each.dataset.check, outcome: each.value.trim() }));
    if (fields.other.value.trim()) {
      checks.push({ name: fields.other.value.trim(), outcome: fields.outcome.value.trim() });
    }
    return checks.length ? { ...sent, checks } : sent;
  };
  const bind = (panel) => {
    const name = page[2];
    for (const button of panel.querySelectorAll("[data-answer]")) {
      button.addEventListener("click", () =>
        post(name, { answer: button.dataset.answer, ...typed() }, say("Written")));
    }
    panel.querySelector("[data-undo]").addEventListener("click", () => post(name, { undo: true }, say("Back")));
    panel.querySelector("[data-fake]")?.addEventListener("click", async () => {
      try { tell((await ask(`known-fakes/${name}`, {})).told); } catch (error) { failed(error); }
    });
    form().addEventListener("submit", (event) => {
      event.preventDefault();
      const sent = typed();
      if (Object.keys(sent).length) post(name, sent, say("Written"));
      else tell(say("Unchanged"));
    });
  };

  // On the batch page keys decide on the file or campaign that has the focus.
  const focused = () => {
    const tr = document.activeElement?.closest("#files tr");
    const found = [...rows].find(([, each]) => each === tr);
    return found ? found[0] : null;
  };
  const onKey = (answer) => () => {
    const button = form()?.querySelector(`[data-answer=${answer}]`);
    if (button) return button.click();
    const key = focused();
    if (!key) return tell(say("Unfocused"));
    return post(key, { answer }, say("Revocable"));
  };
  const field = (name) => () => {
    if (!form()) return false;
    form().querySelector("details").open = true;
    form().elements[name].focus();
    return true;
  };
  const KEYS = [["f", "confirmed_fake", "Fake"], ["g", "genuine", "Genuine"],
    ["d", "dismissed", "Dismissed"], ["t", "to_check", "Check"]];
  const line = (key, text) => {
    const tr = document.createElement("tr");
    const th = document.createElement("th");
    th.scope = "row";
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    th.append(kbd);
    const td = document.createElement("td");
    td.textContent = text;
    tr.append(th, td);
    document.querySelector(".key-list tbody").prepend(tr);
  };

  document.addEventListener("DOMContentLoaded", async () => {
    for (const [key, answer, name] of [...KEYS].reverse()) {
      commands[key] = onKey(answer);
      line(key, say(name));
    }
    commands.z = () => {
      const button = form()?.querySelector("[data-undo]");
      if (button) return button.click();
      const key = focused();
      return key ? post(key, { undo: true }, say("Back")) : false;
    };
    line("z", say("Undo"));
    if (page) {
      commands.n = field("note");
      commands.a = field("assignee");
    }
    const hint = document.querySelector(".hint");
    if (hint) hint.textContent += ` ${say("Hint")}`;
    // The file itself: on the disk it stands beside the pages, here it has an address of its own.
    if (page) {
      const own = `${base}media/${page[2]}`;
      const media = document.getElementById("media");
      if (media) media.src = own;
      for (const each of document.querySelectorAll("audio.clip")) {
        const { recording } = each.dataset;
        each.src = (recording ? `${base}recordings/${page[2]}/${recording}` : own) + new URL(each.src).hash;
      }
      for (const link of document.querySelectorAll("a.play, .player a")) {
        link.href = own + new URL(link.href, location.href).hash;
      }
    }
    const renew = async () => {
      try { take(await ask(page ? `decisions/${page[2]}` : "decisions"), { keep: true }); } catch (error) {
        tell(say("Unread", error.message), true);
      }
    };
    await renew();
    document.documentElement.dataset.live = "ready";
    document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
  });
})();
