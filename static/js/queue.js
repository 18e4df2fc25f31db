/* What this device keeps and still has to send: drafts, entries and their photos, in IndexedDB.
   No DOM in here: pages and the service worker both load it. Everything sent carries a uid made here, so that sending
   twice changes nothing. Entries belong to the user who wrote them and are never sent under another account.

   item:  uid, user, state (draft | waiting | refused), entries [[name, value]], label, kind, logged_at (ms),
          offline_reason, is_sent, url, reference, errors [{field, label, message, code}]
   photo: uid, item, name, blob, captured_at (ISO), annotation_of (uid or ""), caption, position, error            */
(function () {
  "use strict";
  var DATABASE = "qms-log";
  var LOG_URL = "/log/";
  var SESSION_URL = "/log/session/";
  var ACTIVITY_TIMEOUT = 45000;
  var PHOTO_TIMEOUT = 300000;
  var opening = null;
  var channel = "BroadcastChannel" in self ? new BroadcastChannel("qms-log") : null;
  var listeners = [];

  function open() {
    opening = opening || new Promise(function (resolve, reject) {
      var request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = function () {
        request.result.createObjectStore("items", { keyPath: "uid" });
        request.result.createObjectStore("photos", { keyPath: "uid" }).createIndex("item", "item");
      };
      request.onsuccess = function () { resolve(request.result); };
      request.onerror = function () { opening = null; reject(request.error); };
    });
    return opening;
  }

  /* Run work(store…) in one transaction; resolves with the last request's result once it is safely written. */
  function within(names, mode, work) {
    return open().then(function (database) {
      return new Promise(function (resolve, reject) {
        var transaction = database.transaction(names, mode);
        var request = work.apply(null, names.map(function (name) { return transaction.objectStore(name); }));
        transaction.oncomplete = function () { resolve(request ? request.result : undefined); };
        transaction.onerror = transaction.onabort = function () { reject(transaction.error); };
      });
    });
  }

  function tell(news) {
    if (channel) { channel.postMessage(news); }
    listeners.forEach(function (listener) { listener(news); });
  }
  if (channel) {
    channel.onmessage = function (event) {
      listeners.forEach(function (listener) { listener(event.data); });
    };
  }

  function newUid() {
    if (self.crypto.randomUUID) { return crypto.randomUUID(); } // only on https and localhost
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    var hex = Array.from(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function put(item) {
    return within(["items"], "readwrite", function (items) { return items.put(item); }).then(function () {
      tell({ what: "changed", uid: item.uid, state: item.state });
    });
  }
  function get(uid) {
    return within(["items"], "readonly", function (items) { return items.get(uid); });
  }
  function all() {
    return within(["items"], "readonly", function (items) { return items.getAll(); }).then(function (rows) {
      return rows.sort(function (a, b) { return a.logged_at - b.logged_at; });
    });
  }
  function waiting() {
    return all().then(function (rows) { return rows.filter(function (row) { return row.state !== "draft"; }); });
  }
  function remove(uid) {
    return within(["items", "photos"], "readwrite", function (items, photos) {
      items.delete(uid);
      photos.index("item").openKeyCursor(IDBKeyRange.only(uid)).onsuccess = function (event) {
        var cursor = event.target.result;
        if (cursor) { photos.delete(cursor.primaryKey); cursor.continue(); }
      };
    }).then(function () { tell({ what: "changed", uid: uid, state: "gone" }); });
  }
  function photosOf(uid) {
    return within(["photos"], "readonly", function (photos) { return photos.index("item").getAll(uid); }).then(
      function (rows) { return rows.sort(function (a, b) { return a.position - b.position; }); });
  }
  function putPhoto(photo) {
    return within(["photos"], "readwrite", function (photos) { return photos.put(photo); });
  }
  function removePhoto(uid) {
    return within(["photos"], "readwrite", function (photos) { photos.delete(uid); });
  }

  /* fetch that gives up, never follows to the log-in page, and tells these apart:
     {kind: "answer", status, data} · {kind: "login"} · {kind: "offline"} */
  function ask(url, options, timeout) {
    var stop = new AbortController();
    var timer = setTimeout(function () { stop.abort(); }, timeout);
    var settings = Object.assign({ credentials: "same-origin", redirect: "manual", cache: "no-store", signal: stop.signal }, options);
    settings.headers = Object.assign({ Accept: "application/json" }, settings.headers);
    return fetch(url, settings).then(function (response) {
      if (response.type === "opaqueredirect" || response.status === 401) { return { kind: "login" }; }
      return response.text().then(function (text) {
        var data = {};
        try { data = JSON.parse(text); } catch (error) { data = {}; }
        return { kind: "answer", status: response.status, data: data };
      });
    }).catch(function () { return { kind: "offline" }; }).finally(function () { clearTimeout(timer); });
  }

  function session() {
    return ask(SESSION_URL, {}, ACTIVITY_TIMEOUT).then(function (reply) {
      if (reply.kind !== "answer") { return reply; }
      return reply.status === 200 && reply.data.user ? Object.assign({ kind: "session" }, reply.data) : { kind: "later" };
    });
  }

  function isPassing(status) { return status >= 500 || status === 429 || status === 408; }

  function refuse(item, errors) {
    item.state = "refused";
    item.errors = errors;
    return put(item).then(function () { return "refused"; });
  }

  function valueOf(item, name) {
    var entry = item.entries.find(function (pair) { return pair[0] === name; });
    return entry ? entry[1] : "";
  }
  function setValue(item, name, value) {
    item.entries = item.entries.filter(function (pair) { return pair[0] !== name; }).concat([[name, value]]);
  }

  /* It was written in time and only the connection was late: the phone gives that as the reason. */
  function isOnlyLate(item, errors) {
    return errors.length === 1 && errors[0].field === "late_reason" && item.offline_reason
      && !valueOf(item, "late_reason") && Date.now() - item.logged_at > 600000;
  }

  function sendActivity(item, csrf) {
    var body = new FormData();
    item.entries.forEach(function (pair) { body.append(pair[0], pair[1]); });
    return ask(LOG_URL, { method: "POST", body: body, headers: { "X-CSRFToken": csrf } }, ACTIVITY_TIMEOUT).then(function (reply) {
      if (reply.kind !== "answer") { return reply.kind; }
      if (reply.status === 201 || reply.status === 200) {
        if (!reply.data.uid) { return "later"; }
        item.is_sent = true;
        item.url = reply.data.url;
        item.reference = reply.data.reference;
        return put(item).then(function () { return "sent"; });
      }
      if (isPassing(reply.status)) { return "later"; }
      var errors = reply.data.errors || [{ field: "", label: "", message: "", code: reply.status === 403 ? "forbidden" : "server" }];
      if (isOnlyLate(item, errors)) {
        setValue(item, "late_reason", item.offline_reason);
        return sendActivity(item, csrf);
      }
      return refuse(item, errors);
    });
  }

  function sendPhoto(item, photo, csrf) {
    var body = new FormData();
    body.append("uid", photo.uid);
    body.append("caption", photo.caption || "");
    body.append("captured_at", photo.captured_at || "");
    body.append("annotation_of", photo.annotation_of || "");
    body.append("file", photo.blob, photo.name);
    var url = "/records/" + item.uid + "/attachments/";
    return ask(url, { method: "POST", body: body, headers: { "X-CSRFToken": csrf } }, PHOTO_TIMEOUT).then(function (reply) {
      if (reply.kind !== "answer") { return reply.kind; }
      if (reply.status === 201 || reply.status === 200) {
        if (!reply.data.uid) { return "later"; }
        return removePhoto(photo.uid).then(function () { return "sent"; });
      }
      if (isPassing(reply.status)) { return "later"; }
      photo.error = reply.data.error || "?";
      return putPhoto(photo).then(function () {
        return refuse(item, [{ field: "photos", label: photo.name, message: reply.data.error || "", code: "photo" }]);
      });
    });
  }

  /* The activity first, then its photos one after the other, originals before their drawings. */
  async function sendItem(item, csrf) {
    var outcome = item.is_sent ? "sent" : await sendActivity(item, csrf);
    if (outcome !== "sent") { return outcome; }
    var photos = await photosOf(item.uid);
    for (var number = 0; number < photos.length; number += 1) {
      tell({ what: "progress", uid: item.uid, photo: number + 1, photos: photos.length });
      outcome = await sendPhoto(item, photos[number], csrf);
      if (outcome !== "sent") { return outcome; }
    }
    await remove(item.uid);
    tell({ what: "done", uid: item.uid, url: item.url, reference: item.reference });
    return "sent";
  }

  async function sendWaiting() {
    var rows = (await waiting()).filter(function (row) { return row.state === "waiting"; });
    if (!rows.length) { return "done"; }
    var who = await session();
    if (who.kind !== "session") { return who.kind; }
    var mine = rows.filter(function (row) { return row.user === who.user; });
    var worst = mine.length < rows.length ? "other" : "done";
    for (var number = 0; number < mine.length; number += 1) {
      var item = await get(mine[number].uid); // it may have been sent or withdrawn meanwhile
      if (!item || item.state !== "waiting") { continue; }
      var outcome = await sendItem(item, who.csrf);
      if (outcome === "refused") { worst = "refused"; } // the others need not wait for it
      if (outcome === "offline" || outcome === "login" || outcome === "later") { return outcome; }
    }
    return worst;
  }

  var running = null;
  var next = null;
  function start() {
    var locks = self.navigator && navigator.locks;
    running = (locks ? locks.request("qms-log", sendWaiting) : sendWaiting())
      .catch(function () { return "later"; })
      .then(function (outcome) { running = null; tell({ what: "outcome", outcome: outcome }); return outcome; });
    return running;
  }
  /* Send what waits, oldest first; one sender at a time on this device. A call during a run is another run after it, so
     that what was put just now is not missed. Resolves with
     done | refused | other (written by another account) | offline | login | later. */
  function send() {
    if (!running) { return start(); }
    next = next || running.then(function () { next = null; return running || start(); });
    return next;
  }

  self.qmsQueue = {
    newUid: newUid, put: put, get: get, all: all, waiting: waiting, remove: remove, photosOf: photosOf, putPhoto: putPhoto,
    removePhoto: removePhoto, send: send,
    listen: function (listener) { listeners.push(listener); },
  };
})();
