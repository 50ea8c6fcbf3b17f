(() => {
  const follow = (rel) => (event) => {
    // Arrows are for scrolling where something has the focus.
    if (event.key.startsWith("Arrow") && event.target !== document.body) return false;
    const link = document.querySelector(`a[rel="${rel}"]`);
    if (link) link.click();
    return Boolean(link);
  };
  commands.k = commands.ArrowLeft = follow("prev");
  commands.j = commands.ArrowRight = follow("next");
  commands.u = follow("up");
})();
