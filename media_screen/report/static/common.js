"use strict";
// What both pages share: single keys, the list of them, and paper. Pages add their own commands.
const commands = (() => {
  document.documentElement.classList.add("js");
  const dialog = document.getElementById("keys");
  const letters = document.getElementById("letters");
  const STORE = "media_screen.letters";
  try { letters.checked = localStorage.getItem(STORE) !== "off"; } catch { /* refused: they work */ }
  letters.addEventListener("change", () => {
    try { localStorage.setItem(STORE, letters.checked ? "on" : "off"); } catch { /* for this page */ }
  });
  const help = () => { if (dialog.open) dialog.close(); else dialog.showModal(); };
  document.getElementById("show-keys").addEventListener("click", help);

  // A command returns false when the key is not for it after all.
  const known = { "?": help };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (event.key.length === 1 && !letters.checked) return;
    if (dialog.open && event.key !== "?") return;
    const command = Object.hasOwn(known, event.key) && known[event.key];
    if (command && command(event) !== false) event.preventDefault();
  });

  // Paper has no "show all": open what is folded, and close it again afterwards.
  let opened = [];
  // But for a file, of which two or three sheets are enough: there folded texts stay as they are.
  addEventListener("beforeprint", () => {
    if (document.querySelector("main.file")) return;
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
  return known;
})();
