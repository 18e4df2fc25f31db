/* Photos of the entry being written: kept on the device at once, shown small, drawn on, removed, sent by the queue. */
(function () {
  "use strict";
  var queue = window.qmsQueue;
  var words = document.getElementById("log-words").dataset;
  var form = document.getElementById("log-form");
  var field = form.querySelector("[data-photos-field]");
  var list = field.querySelector("[data-photo-list]");
  var template = field.querySelector("[data-photo-template]");
  var urls = [];
  var count = 0;
  var onChange = function () { return null; };

  function nameOf(photos, photo) {
    var originals = photos.filter(function (other) { return !other.annotation_of; });
    var index = originals.findIndex(function (other) { return other.uid === (photo.annotation_of || photo.uid); }) + 1;
    return (photo.annotation_of ? words.drawing : words.photo).replace("{n}", index);
  }

  function row(photos, photo) {
    var item = template.content.firstElementChild.cloneNode(true);
    var name = nameOf(photos, photo);
    var image = item.querySelector("[data-photo-image]");
    var draw = item.querySelector("[data-photo-draw]");
    var url = URL.createObjectURL(photo.blob);
    urls.push(url);
    image.src = url;
    image.alt = name;
    image.addEventListener("error", function () { image.hidden = true; item.classList.add("is-unseen"); draw.hidden = true; });
    item.querySelector("[data-photo-caption]").textContent = name;
    var problem = item.querySelector("[data-photo-error]");
    problem.hidden = !photo.error;
    problem.textContent = photo.error || "";
    draw.hidden = Boolean(photo.annotation_of);
    draw.setAttribute("aria-label", words.draw.replace("{what}", name));
    draw.addEventListener("click", function () { annotate(photo, draw); });
    var remove = item.querySelector("[data-photo-remove]");
    remove.setAttribute("aria-label", words.remove.replace("{what}", name));
    remove.addEventListener("click", function () { takeAway(photo); });
    return item;
  }

  function show() {
    return queue.photosOf(form.elements.uid.value).then(function (photos) {
      urls.splice(0).forEach(function (url) { URL.revokeObjectURL(url); });
      count = photos.length;
      list.replaceChildren.apply(list, photos.map(function (photo) { return row(photos, photo); }));
    }).catch(function () { count = 0; });
  }

  function keep(photo) {
    return queue.putPhoto(photo).catch(function () { window.qmsLog.problem(words.noRoom); }).then(show).then(onChange);
  }

  function add(files) {
    var start = Date.now();
    return Array.from(files).reduce(function (before, file, index) {
      return before.then(function () {
        return keep({
          uid: queue.newUid(), item: form.elements.uid.value, name: file.name || "photo.jpg", blob: file, caption: "",
          captured_at: new Date(file.lastModified || start).toISOString(), annotation_of: "", position: start + index,
        });
      });
    }, Promise.resolve());
  }

  function annotate(photo, button) {
    window.qmsAnnotate(photo.blob).then(function (drawing) {
      button.focus();
      if (!drawing) { return null; }
      return keep({
        uid: queue.newUid(), item: photo.item, name: photo.name.replace(/\.[^.]*$/, "") + "-drawing.jpg", blob: drawing,
        caption: "", captured_at: photo.captured_at, annotation_of: photo.uid, position: Date.now(),
      });
    }).catch(function () { window.qmsLog.problem(words.cannotDraw); });
  }

  function takeAway(photo) {
    return queue.photosOf(photo.item).then(function (photos) {
      var gone = photos.filter(function (other) { return other.uid === photo.uid || other.annotation_of === photo.uid; });
      return Promise.all(gone.map(function (other) { return queue.removePhoto(other.uid); }));
    }).then(show).then(onChange);
  }

  field.querySelector(".log-photos-plain").hidden = true;
  form.elements.photos.disabled = true; // the queue sends them one by one
  field.querySelector("[data-photos-buttons]").hidden = false;
  field.querySelectorAll("[data-photo-input]").forEach(function (input) {
    input.addEventListener("change", function () {
      add(input.files).then(function () { input.value = ""; });
    });
  });

  window.qmsPhotos = {
    show: show,
    count: function () { return count; },
    whenChanged: function (act) { onChange = act; },
  };
})();
