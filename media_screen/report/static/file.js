(() => {
  const unveil = document.getElementById("unveil");
  if (unveil) {
    const showAll = unveil.textContent;
    const boxes = () => [...document.querySelectorAll(".veil input")];
    const tell = () => {
      const all = boxes().every((box) => box.checked);
      unveil.setAttribute("aria-pressed", String(all));
      unveil.textContent = all ? unveil.dataset.sayBlur : showAll;
    };
    unveil.addEventListener("click", () => {
      const show = unveil.getAttribute("aria-pressed") !== "true";
      for (const box of boxes()) box.checked = show;
      tell();
    });
    for (const box of boxes()) box.addEventListener("change", tell);
    commands.b = () => unveil.click();
  }
  const media = document.getElementById("media");
  if (media) {
    media.addEventListener("error", () => { document.getElementById("unplayed").hidden = false; });
    for (const link of document.querySelectorAll("a.play")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        media.closest("details").open = true;
        media.currentTime = Number(link.dataset.time);
        media.play().catch(() => { /* said beside it */ });
        media.scrollIntoView({ block: "nearest" });
      });
    }
  }
})();
