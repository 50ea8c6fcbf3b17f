"use strict";
(() => {
  document.documentElement.classList.add("js");

  const unveil = document.getElementById("unveil");
  if (unveil) {
    unveil.addEventListener("click", () => {
      const show = unveil.getAttribute("aria-pressed") !== "true";
      for (const box of document.querySelectorAll(".veil input")) box.checked = show;
      unveil.setAttribute("aria-pressed", String(show));
      unveil.textContent = show ? "Blur all pictures" : "Show all pictures";
    });
  }

  // Left and right lead to the neighbouring files, unless a field or a picture has the focus.
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target !== document.body) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const link = rel && document.querySelector(`a[rel="${rel}"]`);
    if (link) link.click();
  });

  // Paper has no "show all": open what is folded, and close it again afterwards.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
})();
