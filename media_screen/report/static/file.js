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
  // Resolves when the clip was played to its end; never where somebody pauses it before.
  const played = (clip) => new Promise((resolve) => {
    const watch = () => {
      if (!clip.ended && clip.currentTime < Number(clip.dataset.end) - 0.1) return;
      clip.removeEventListener("timeupdate", watch);
      clip.pause();
      resolve();
    };
    clip.currentTime = Number(clip.dataset.start);
    clip.addEventListener("timeupdate", watch);
    clip.play().catch(() => clip.removeEventListener("timeupdate", watch));
  });
  for (const pair of document.querySelectorAll(".heard")) {
    pair.querySelector("button")?.addEventListener("click", async () => {
      for (const each of document.querySelectorAll("audio, video")) each.pause();
      for (const clip of pair.querySelectorAll("audio")) await played(clip);
    });
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
