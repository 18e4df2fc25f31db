/* Counts down the elevated session and, when it is over, says so. */
(function () {
  "use strict";
  var banner = document.querySelector("[data-elevated-until]");
  var left = banner && banner.querySelector("[data-elevated-left]");
  if (!left) { return; }
  var until = new Date(banner.dataset.elevatedUntil).getTime();
  function show() {
    var seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
    left.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    if (seconds === 0) { clearInterval(ticking); banner.remove(); }
  }
  var ticking = setInterval(show, 1000);
  show();
})();
