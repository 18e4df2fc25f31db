/* The list of what waits on this device, above the form: why each entry waits, and how to mend one that was refused. */
(function () {
  "use strict";
  var queue = window.qmsQueue;
  var words = document.getElementById("log-words").dataset;
  var form = document.getElementById("log-form");
  var panel = document.querySelector("[data-waiting-panel]");
  var list = panel.querySelector("[data-waiting-list]");
  var template = panel.querySelector("[data-waiting-template]");
  var news = panel.querySelector("[data-waiting-news]");
  var discard = document.getElementById("log-discard");
  var onMend = function () { return null; };

  function when(time) {
    return window.qmsDraft.inWords(time);
  }
  function messageOf(error) {
    var text = error.message || words.errorServer;
    if (error.code === "forbidden") { text = words.errorForbidden; }
    if (error.code === "photo") { text = words.errorPhoto.replace("{message}", error.message); }
    return error.label ? error.label + ": " + text : text;
  }
  function note(item, photos) {
    var text = words.itemWaiting;
    if (item.user !== form.dataset.user) { text = words.itemOther; }
    else if (item.state === "refused") { text = words.itemRefused; }
    else if (item.is_sent) { text = words.itemSent; }
    text = text.replace("{when}", when(item.logged_at)).replace("{reference}", item.reference || "");
    var count = photos === 1 ? words.itemPhoto : words.itemPhotos.replace("{n}", photos);
    return photos ? text + " " + count + "." : text;
  }

  function row(item, photos) {
    var element = template.content.firstElementChild.cloneNode(true);
    var isMine = item.user === form.dataset.user;
    var isRefused = item.state === "refused";
    element.querySelector("[data-item-title]").textContent = isMine ? [item.kind, item.label].filter(Boolean).join(": ") : item.kind;
    element.querySelector("[data-item-note]").textContent = note(item, photos.length);
    element.classList.toggle("is-refused", isRefused);
    if (!isMine || !isRefused) { return element; }
    var errors = element.querySelector("[data-item-errors]");
    errors.hidden = false;
    errors.replaceChildren.apply(errors, item.errors.map(function (error) {
      var line = document.createElement("li");
      line.textContent = messageOf(error);
      return line;
    }));
    element.querySelector("[data-item-tools]").hidden = false;
    element.querySelector("[data-item-mend]").hidden = item.is_sent;
    element.querySelector("[data-item-discard]").hidden = item.is_sent;
    element.querySelector("[data-item-leave]").hidden = !item.is_sent;
    element.querySelector("[data-item-mend]").addEventListener("click", function () { onMend(item); });
    element.querySelector("[data-item-discard]").addEventListener("click", function () { askToDiscard(item); });
    element.querySelector("[data-item-leave]").addEventListener("click", function () { sendWithout(item, photos); });
    return element;
  }

  /* The activity is logged already and a photo was refused: leave that photo and its drawings out, send the others. */
  function sendWithout(item, photos) {
    var bad = photos.filter(function (photo) { return photo.error; }).map(function (photo) { return photo.uid; });
    var gone = photos.filter(function (photo) { return bad.indexOf(photo.uid) >= 0 || bad.indexOf(photo.annotation_of) >= 0; });
    item.state = "waiting";
    item.errors = [];
    return Promise.all(gone.map(function (photo) { return queue.removePhoto(photo.uid); }))
      .then(function () { return queue.put(item); }).then(window.qmsOffline.flushSoon);
  }

  function askToDiscard(item) {
    discard.querySelector("[data-discard-title]").textContent = item.label || item.kind;
    discard.querySelector("[data-discard-sure]").onclick = function () {
      queue.remove(item.uid).then(function () { discard.close(); return show(); });
    };
    discard.showModal();
  }

  function show() {
    return queue.waiting().then(function (items) {
      return Promise.all(items.map(function (item) {
        return queue.photosOf(item.uid).then(function (photos) { return row(item, photos); });
      }));
    }).then(function (rows) {
      panel.hidden = !rows.length;
      panel.querySelector("[data-waiting-title]").textContent = words.waiting.replace("{n}", rows.length);
      list.replaceChildren.apply(list, rows);
    }).catch(function () { panel.hidden = true; });
  }

  /* What came of the last attempt, in words. */
  function tell(outcome) {
    var text = { offline: words.outcomeOffline, later: words.outcomeLater, login: words.outcomeLogin, other: words.outcomeOther }[outcome];
    news.hidden = !text;
    news.textContent = text || "";
    panel.querySelector("[data-waiting-login]").hidden = outcome !== "login";
  }

  panel.querySelector("[data-waiting-send]").addEventListener("click", function () { window.qmsOffline.flushSoon(); });
  queue.listen(function (message) {
    if (message.what === "changed" || message.what === "done") { show(); }
    if (message.what === "outcome") { tell(message.outcome); }
  });

  window.qmsPanel = { show: show, messageOf: messageOf, whenMending: function (act) { onMend = act; } };
})();
