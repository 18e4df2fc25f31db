/* On every page behind the log-in: registers the service worker, shows "n waiting", sends what waits whenever there may be
   a connection, and asks before a log-out that would leave entries behind. Words are in components/queue.html. */
(function () {
  "use strict";
  var meta = document.querySelector("meta[name=qms-user]");
  if (!meta || !("indexedDB" in window)) { return; }
  var user = meta.content;
  var queue = window.qmsQueue;
  var FIRST_WAIT = 5000;
  var LONGEST_WAIT = 300000;
  var wait = FIRST_WAIT;
  var timer = null;

  function words() { return document.getElementById("queue-words"); }
  function mine() {
    return queue.waiting().then(function (rows) { return rows.filter(function (row) { return row.user === user; }); });
  }

  function show() {
    return mine().then(function (rows) {
      var text = words() ? words().dataset.waiting.replace("{n}", rows.length) : String(rows.length);
      document.querySelectorAll("[data-queue-count]").forEach(function (element) {
        element.textContent = rows.length ? text : "";
        element.hidden = !rows.length;
      });
      document.querySelectorAll("[data-queue-link]").forEach(function (element) { element.hidden = !rows.length; });
      return rows.length;
    }).catch(function () { return 0; });
  }

  /* Try now; then again, later and later, while something waits and this page is open. */
  function flush() {
    clearTimeout(timer);
    return queue.send().then(function (outcome) {
      wait = outcome === "offline" || outcome === "later" ? Math.min(wait * 2, LONGEST_WAIT) : FIRST_WAIT;
      if (outcome === "offline" || outcome === "later") {
        timer = setTimeout(flush, wait);
        askForSync();
      }
      return outcome;
    });
  }
  function flushSoon() { wait = FIRST_WAIT; flush(); }

  function askForSync() {
    if (!navigator.serviceWorker) { return; }
    navigator.serviceWorker.ready.then(function (registration) {
      return registration.sync ? registration.sync.register("qms-log") : null;
    }).catch(function () { return null; }); // not allowed here: the timers do it
  }

  queue.listen(function (news) { if (news.what === "changed" || news.what === "done") { show(); } });
  window.addEventListener("online", flushSoon);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { flushSoon(); } });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { flushSoon(); } });

  function forget() { return "caches" in window ? caches.delete("qms-pages") : Promise.resolve(); }

  /* The kept Log page and its people are of one user; a session that ran out forgets nothing, the next user does. */
  function forgetOthers() {
    try {
      var last = localStorage.getItem("qms-user");
      localStorage.setItem("qms-user", user);
      if (last && last !== user) { forget(); }
    } catch (error) { forget(); } // nothing to remember by
  }
  forgetOthers();

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-logout") || form.dataset.sure) { return; }
    event.preventDefault();
    var leave = function () { form.dataset.sure = "1"; forget().finally(function () { form.submit(); }); };
    show().then(function (count) {
      var dialog = document.getElementById("queue-logout");
      if (!count || !dialog) { leave(); return; }
      dialog.querySelector("[data-count-text]").textContent = words().dataset.waiting.replace("{n}", count);
      dialog.querySelector("[data-leave]").onclick = leave;
      dialog.showModal();
    });
  });

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(function () { return null; }); // online it works without
  }
  window.qmsOffline = { user: user, flush: flush, flushSoon: flushSoon, show: show, askForSync: askForSync };
  show().then(function (count) { if (count) { flush(); } });
})();
