/* The wall on a screen in the plant: one note after the other, and the page anew every ten minutes.
   Who asked for less motion gets all notes below each other; a button pauses. Without this script they stand so as well. */
(function () {
  "use strict";
  var SECONDS = 12;
  var RELOAD_MINUTES = 10;
  var notes = Array.prototype.slice.call(document.querySelectorAll("[data-wall-note]"));
  var button = document.querySelector("[data-wall-pause]");
  var place = document.querySelector("[data-wall-place]");
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  var shown = 0;
  var isPaused = false;

  function draw() {
    var oneByOne = notes.length > 1 && !calm.matches;
    document.body.classList.toggle("is-moving", oneByOne);
    notes.forEach(function (note, index) { note.hidden = oneByOne && index !== shown; });
    button.hidden = !oneByOne;
    place.textContent = oneByOne ? (shown + 1) + " / " + notes.length : "";
  }
  function step() {
    if (isPaused || calm.matches || notes.length < 2) { return; }
    shown = (shown + 1) % notes.length;
    draw();
  }
  button.addEventListener("click", function () {
    isPaused = !isPaused;
    button.textContent = isPaused ? button.dataset.go : button.dataset.pause;
  });
  calm.addEventListener("change", draw);
  setInterval(step, SECONDS * 1000);
  setInterval(function () { if (!isPaused && navigator.onLine) { window.location.reload(); } }, RELOAD_MINUTES * 60000);
  draw();
})();
