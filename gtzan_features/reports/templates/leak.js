"use strict";
(() => {
  const players = [...document.querySelectorAll("audio")];
  // One sound at a time.
  for (const player of players) {
    player.addEventListener("play", () => {
      for (const other of players) if (other !== player) other.pause();
      player.closest("li").classList.add("playing");
    });
    for (const end of ["pause", "ended"]) player.addEventListener(end, () => player.closest("li").classList.remove("playing"));
  }
  for (const button of document.querySelectorAll("button.play")) {
    const row = [...document.getElementById(button.dataset.list).querySelectorAll("audio")];
    const words = button.textContent;
    let at = -1;
    const quiet = () => { at = -1; button.textContent = words; };
    const stop = () => { quiet(); for (const player of row) player.pause(); };
    const next = () => {
      at += 1;
      if (at >= row.length) { stop(); return; }
      row[at].currentTime = 0;
      row[at].play().catch(stop);
    };
    button.addEventListener("click", () => {
      if (at >= 0) { stop(); return; }
      button.textContent = "Stop";
      next();
    });
    for (const player of row) player.addEventListener("ended", () => { if (at >= 0 && row[at] === player) next(); });
    // Another sound that is started ends the row.
    for (const player of players) player.addEventListener("play", () => { if (at >= 0 && row[at] !== player) quiet(); });
    button.hidden = false;
  }
})();
