(() => {
  // On a small screen the picture of the network is wider than its frame: begin in its middle.
  const frame = document.querySelector(".picture");
  if (frame) frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
})();
