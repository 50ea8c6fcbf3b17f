(() => {
  const unveil = document.getElementById("unveil");
  if (unveil) {
    const boxes = () => [...document.querySelectorAll(".veil input")];
    const tell = () => {
      const all = boxes().every((box) => box.checked);
      unveil.setAttribute("aria-pressed", String(all));
      unveil.textContent = all ? "Blur all pictures" : "Show all pictures";
    };
    unveil.addEventListener("click", () => {
      const show = unveil.getAttribute("aria-pressed") !== "true";
      for (const box of boxes()) box.checked = show;
      tell();
    });
    for (const box of boxes()) box.addEventListener("change", tell);
    commands.b = () => unveil.click();
  }
})();
