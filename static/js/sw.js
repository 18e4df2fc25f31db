/* Service worker. The Log page and the page to thank open without a connection; every other page says that there is none.
   Pages: the network first. Style sheets, scripts, icons: kept ones first when their name carries a hash.
   Nothing else that a user may read is kept on the device, and log-out forgets what is. queue.js is loaded before this. */
(function () {
  "use strict";
  var PAGES = "qms-pages"; // forgotten at log-out
  var ASSETS = "qms-assets";
  var LOG = "/log/";
  var PEOPLE = "/log/people/";
  var THANK = "/leadership/recognition/new/";
  var THANK_PEOPLE = "/leadership/recognition/people/";
  var OFFLINE = "/offline/";
  var PATIENCE = 4000; // milliseconds a weak connection gets before the kept page is shown
  var HASHED = /\.[0-9a-f]{12}\.[a-z0-9]+$/;

  self.addEventListener("install", function (event) {
    event.waitUntil(caches.open(ASSETS).then(function (cache) { return cache.add(OFFLINE); }).then(function () {
      return self.skipWaiting();
    }));
  });
  self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

  function keep(name, request, response) {
    if (!response.ok || response.redirected || response.type !== "basic") { return Promise.resolve(response); }
    var copy = response.clone();
    return caches.open(name).then(function (cache) { return cache.put(request, copy); }).catch(function () {
      return null; // no room left: the page still works online
    }).then(function () { return response; });
  }

  function patiently(promise) {
    return new Promise(function (resolve, reject) {
      setTimeout(function () { reject(new Error("slow")); }, PATIENCE);
      promise.then(resolve, reject);
    });
  }

  function offlinePage() {
    return caches.match(OFFLINE).then(function (page) {
      return page || new Response("There is no connection.", { status: 503, headers: { "Content-Type": "text/plain" } });
    });
  }

  function keptPage(event, path) {
    var isPlain = !new URL(event.request.url).search; // a scanned area or chosen kind is not kept for next time
    var fresh = fetch(event.request).then(function (response) { return isPlain ? keep(PAGES, path, response) : response; });
    event.waitUntil(fresh.catch(function () { return null; }));
    return caches.match(path).then(function (kept) {
      if (!kept) { return fresh.catch(offlinePage); }
      return patiently(fresh).catch(function () { return kept; });
    });
  }

  function asset(request) {
    var kept = caches.match(request);
    var fetched = function () {
      return fetch(request).then(function (response) { return keep(ASSETS, request, response); });
    };
    if (HASHED.test(new URL(request.url).pathname)) {
      return kept.then(function (found) { return found || fetched(); });
    }
    return fetched().catch(function (error) {
      return kept.then(function (found) { if (found) { return found; } throw error; });
    });
  }

  function people(request) {
    return fetch(request).then(function (response) { return keep(PAGES, PEOPLE, response); }).catch(function (error) {
      return caches.match(PEOPLE).then(function (found) { if (found) { return found; } throw error; });
    });
  }

  self.addEventListener("fetch", function (event) {
    var request = event.request;
    var url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) { return; }
    if (request.mode === "navigate") {
      var isKept = url.pathname === LOG || url.pathname === THANK;
      event.respondWith(isKept ? keptPage(event, url.pathname) : fetch(request).catch(offlinePage));
    } else if ((url.pathname === PEOPLE || url.pathname === THANK_PEOPLE) && !url.search) {
      event.respondWith(people(request));
    } else if (url.pathname.startsWith("/static/")) {
      event.respondWith(asset(request));
    }
  });

  /* The Log page names what it is made of; it is fetched before it is needed, and older versions are dropped. */
  function keepShell(urls) {
    return caches.open(ASSETS).then(function (cache) {
      return cache.keys().then(function (kept) {
        var names = kept.map(function (request) { return request.url; });
        var stale = names.filter(function (name) {
          return HASHED.test(new URL(name).pathname) && urls.indexOf(name) < 0;
        });
        var missing = urls.filter(function (url) { return names.indexOf(url) < 0; });
        return Promise.all(missing.map(function (url) { return cache.add(url).catch(function () { return null; }); }))
          .then(function () {
            return stale.length > 100 ? Promise.all(stale.map(function (name) { return cache.delete(name); })) : null;
          });
      });
    });
  }

  function keepPage(url) {
    return fetch(url, { credentials: "same-origin" }).then(function (response) { return keep(PAGES, url, response); })
      .catch(function () { return null; });
  }

  self.addEventListener("message", function (event) {
    if (event.data && event.data.what === "shell") {
      event.waitUntil(Promise.all([keepShell(event.data.urls), keepPage(LOG), keepPage(PEOPLE),
        event.data.thanks ? keepPage(THANK) : null]).then(function () {
        if (event.source) { event.source.postMessage({ what: "shell-kept" }); }
      }));
    }
  });

  /* Background Sync, where the browser has it: entries go out even when no page is open. */
  self.addEventListener("sync", function (event) {
    if (event.tag !== "qms-log") { return; }
    event.waitUntil(self.qmsQueue.send().then(function (outcome) {
      if (outcome === "offline" || outcome === "later") { throw new Error(outcome); } // the browser tries again
    }));
  });
})();
